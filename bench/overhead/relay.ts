import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { now } from '../measure.ts'
import { median } from '../median.ts'
import { sshWords } from './contenders/floors.ts'
import type { Race } from './stage.ts'

/** Loopback addresses that lead to hosts as far away as one likes. */
export interface Relay {
  /** By the address of the host that it leads to. */
  readonly addresses: ReadonlyMap<string, string>
  readonly port: number
  close(): void
}

const PORT = 2022

/**
 * Lets every byte wait for half of the round trip on each way, in their order, with no limit on how many are on the way.
 * A connection is there after one round trip more, as TCP's own handshake would take.
 *
 * @param milliseconds that a round trip takes longer
 */
export const openRelay = async (hosts: readonly string[], milliseconds: number): Promise<Relay> => {
  const addresses = new Map(hosts.map((host, index) => [host, `127.2.0.${index + 1}`]))
  const sockets = new Set<Socket>()
  const servers = await Promise.all(
    [...addresses].map(async ([host, address]): Promise<Server> => {
      const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
        keep(near)
        setTimeout(() => {
          const far = connect({ host, port: 22, noDelay: true })
          keep(far)
          delayed(near, far, milliseconds / 2)
          delayed(far, near, milliseconds / 2)
          near.resume()
        }, milliseconds)
      })
      server.listen(PORT, address)
      await once(server, 'listening')
      return server
    }),
  )
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  }
  const close = (): void => {
    for (const server of servers) server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { addresses, port: PORT, close }
}

const delayed = (from: Socket, to: Socket, milliseconds: number): void => {
  from.on('data', (chunk: Buffer) => setTimeout(() => to.destroyed || to.write(chunk), milliseconds))
  from.on('end', () => setTimeout(() => to.end(), milliseconds))
  from.on('error', () => setTimeout(() => to.destroy(), milliseconds))
}

/** Milliseconds from a line that goes to the first host until it is back, over one connection of ssh: the median of 20. */
export const measureRoundTrip = async (race: Race): Promise<number> => {
  const [target] = race.targets
  if (target === undefined) throw new Error('there is no host in this race')
  const [program = 'ssh', ...words] = sshWords(race, target)
  const child = spawn(program, [...words, target.address, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`ssh to ${target.name} ended`)
  })
  ended.catch(() => {})
  const times: number[] = []
  try {
    for (let number = 0; number < 21; number++) {
      const began = now()
      child.stdin.write('there and back\n')
      await Promise.race([once(child.stdout, 'data'), ended])
      times.push((now() - began) * 1000)
    }
  } finally {
    child.kill()
  }
  // The first waits for the login.
  return median(times.slice(1)) ?? 0
}
