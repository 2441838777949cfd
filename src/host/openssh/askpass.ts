import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../base/quote.ts'

/** Characters that the folder may have: the path of a socket within has to stay below 104, with what ssh adds to it. */
const LONGEST = 70

/** Run by ssh when it has a question: hands it to us, and our answer back. Neither is an argument or in a file. */
const CLIENT = [
  'let n=1;const s=require("net").connect(process.argv[1],()=>s.end(process.argv[2]));',
  's.on("data",()=>{n=0}).on("error",()=>{}).on("close",()=>{process.exitCode=n}).pipe(process.stdout)',
].join('')

/** A folder of one connection that nobody else may enter, with a program that answers the questions of ssh. */
export interface PrivateFolder {
  readonly path: string
  /** Where the control socket belongs. */
  readonly controlPath: string
  /** Variables that make ssh ask us. */
  readonly environment: Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** Makes the folder. `answer` gives undefined to questions that it refuses. */
export const makePrivateFolder = async (
  answer: (question: string) => Promise<string | undefined>,
): Promise<PrivateFolder> => {
  const folder = await mkdtemp(join(tmpdir().length > LONGEST ? '/tmp' : tmpdir(), 'lb-'))
  const socketPath = join(folder, 'a')
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    let question = ''
    socket.on('data', (chunk) => {
      question += chunk
    })
    socket.on('error', () => {})
    socket.on('end', () => {
      answer(question).then(
        (text) => (text === undefined ? socket.end() : socket.end(`${text}\n`)),
        () => socket.end(),
      )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  server.unref()
  const program = join(folder, 'ask')
  const words = [process.execPath, '-e', CLIENT, socketPath].map(quote).join(' ')
  await writeFile(program, `#!/bin/sh\nexec ${words} "$1"\n`, { mode: 0o700 })
  return {
    path: folder,
    controlPath: join(folder, 'm'),
    // Before OpenSSH 8.4 it was DISPLAY that made ssh ask by a program.
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: process.env.DISPLAY ?? ':0' },
    async remove() {
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
