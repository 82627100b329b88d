import { once } from 'node:events'
import net from 'node:net'
import type { Teardown } from './gateway.ts'

export interface CuttableProxy {
  readonly address: string
  /** Ends all connections, and takes no others. */
  cut(): Promise<void>
  mend(): Promise<void>
  /** From now on nothing that the server says goes on. */
  hold(): void
  /** Bytes that are held. */
  readonly held: number
  /** Passes on at once what is held. What comes later is held too, if that is wanted. */
  release(options?: { readonly holdOn: boolean }): void
}

/** Stands in front of a port, so that one client can be cut off from a server that goes on. */
export async function cuttableProxy(t: Teardown, port: number): Promise<CuttableProxy> {
  const sockets = new Set<net.Socket>()
  const held: { readonly to: net.Socket; readonly bytes: Buffer }[] = []
  let isHolding = false
  const server = net.createServer((client) => {
    const onward = net.connect(port, '127.0.0.1')
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        onward.destroy()
      })
    }
    client.pipe(onward)
    onward.on('data', (bytes) => {
      if (isHolding) held.push({ to: client, bytes })
      else client.write(bytes)
    })
  })
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as net.AddressInfo).port
  }
  const cut = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  t.teardown(cut)
  const own = await listen(0)
  return {
    address: `127.0.0.1:${own}`,
    cut,
    async mend() {
      await listen(own)
    },
    hold() {
      isHolding = true
    },
    get held() {
      return held.reduce((sum, { bytes }) => sum + bytes.length, 0)
    },
    release({ holdOn } = { holdOn: false }) {
      isHolding = holdOn
      const [first, ...more] = held.splice(0)
      first?.to.write(Buffer.concat([first, ...more].map(({ bytes }) => bytes)))
    }
  }
}
