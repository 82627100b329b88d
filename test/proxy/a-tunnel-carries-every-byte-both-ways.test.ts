import { randomBytes } from 'node:crypto'
import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

t.test('4 MB of random bytes come back through a tunnel as they were sent, first bytes together with the request', async (t) => {
  const origin = await startUpgradeOrigin(t, (request, socket, head) => {
    socket.write(accept(request))
    if (head.length > 0) socket.unshift(head)
    socket.pipe(socket)
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  const bytes = randomBytes(4 * 1024 * 1024)
  client.write(Buffer.concat([Buffer.from(`${UPGRADE}\r\n`), bytes.subarray(0, 1000)]))
  t.equal((await client.response()).status, 101)
  client.write(bytes.subarray(1000))
  t.ok((await client.bytes(bytes.length)).equals(bytes))
})
