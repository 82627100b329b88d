import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

/** What one read of a socket gives at most while little is held. */
const READ = 256 * 1024
const AHEAD = 16 * 1024
/** More than the buffers of the system take in. */
const LARGE = 32 * 1024 * 1024

t.test('an answer that its client does not read holds one read towards the client and nothing from the upstream', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end(Buffer.alloc(LARGE)))
  const gateway = await startGateway(t, passThrough(origin.url))
  const seen: Socket[] = []
  const note = (message: unknown): void => void seen.push((message as { socket: Socket }).socket)
  for (const channel of ['net.client.socket', 'net.server.socket']) {
    subscribe(channel, note)
    t.teardown(() => unsubscribe(channel, note))
  }

  const client = await RawConnection.open(t, gateway.port)
  client.socket.pause()
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const upstreamPort = Number(new URL(origin.url).port)
  let toClient: Socket | undefined
  await eventually(() => {
    toClient = seen.find((socket) => socket.localPort === gateway.port && socket.writableNeedDrain)
    return toClient !== undefined
  })
  const fromUpstream = seen.find((socket) => socket.remotePort === upstreamPort)
  const read = fromUpstream?.bytesRead
  // The gateway goes on with everything else meanwhile.
  for (let i = 0; i < 3; i++) await send(gateway.adminUrl + '/livez')

  t.ok(Number(toClient?.writableLength) < READ + AHEAD, 'towards the client')
  t.equal(toClient?.writableHighWaterMark, AHEAD, 'nothing is added to what waits there already')
  t.equal(fromUpstream?.bytesRead, read, 'nothing more is read')
  t.equal(fromUpstream?.readableLength, 0, 'nothing waits behind it')
  t.ok(Number(read) < LARGE / 2)
})
