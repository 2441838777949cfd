import { connect, createServer, type Socket } from 'node:net'

/** A network between the controller and an sshd, that can fail. */
export interface Relay {
  readonly port: number
  /** Lets nothing through any more and tells neither side, like a cable that is pulled. */
  cut(): void
  /** Ends every connection at once. */
  reset(): void
  close(): Promise<void>
}

/** Relays connections to a port of loopback, from any free port where none is given. */
export const startRelay = async (target: number, own = 0): Promise<Relay> => {
  const sockets = new Set<Socket>()
  let isCut = false
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', (chunk) => {
      if (!isCut) to.write(chunk)
    })
    from.on('close', () => {
      sockets.delete(from)
      if (!isCut) to.destroy()
    })
    from.on('error', () => {})
  }
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut() {
      isCut = true
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
