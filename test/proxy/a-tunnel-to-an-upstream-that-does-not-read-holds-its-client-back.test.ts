import t from 'tap'
import { eventually } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

const MB = 1024 * 1024
const SENT = 80 * MB

/** One masked binary frame of 1 MB; a proxy that parses frames must see whole ones. */
const FRAME = Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]), Buffer.alloc(MB)])

/** A client that has 80 MB to send through a proxy to an upstream that reads nothing. */
async function sender(t: Teardown, start: (url: string) => Promise<{ port: number }>): Promise<RawConnection> {
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    socket.write(accept(request))
  })
  const client = await RawConnection.open(t, (await start(origin.url)).port)
  client.write(`${UPGRADE}\r\n`)
  await client.response()
  for (let sent = 0; sent < SENT; sent += MB) client.write(FRAME)
  return client
}

t.test('a default proxy takes everything into its memory', async (t) => {
  const { socket } = await sender(t, (url) => startDefaultProxy(t, url, { websocket: true }))
  await t.resolves(eventually(() => socket.writableLength < 10 * MB, 20_000))
})

t.test('the gateway takes less than 16 MB, those in the buffers of the system included', async (t) => {
  const { socket } = await sender(t, (url) => startGateway(t, passThrough(url)))
  await eventually(() => socket.writableLength < SENT)
  // Until nothing has moved for half a second: there is no event for "no more".
  for (let last = -1, quiet = 0; quiet < 25; last = socket.writableLength) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    quiet = socket.writableLength === last ? quiet + 1 : 0
  }
  t.ok(SENT - socket.writableLength < 16 * MB, `${(SENT - socket.writableLength) / MB} MB were taken`)
})
