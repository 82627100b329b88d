import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

const MiB = 1024 * 1024
const SIZE = 64 * MiB

t.test('an answer of 64 MiB waits in the upstream until its client reads, then arrives whole', async (t) => {
  let written = 0
  const origin = await startOrigin(t, (_request, response) => {
    const writeMore = (): void => {
      for (let flowing = true; flowing && written < SIZE; written += MiB) flowing = response.write(Buffer.alloc(MiB, written / MiB))
      if (written === SIZE) response.end()
    }
    response.writeHead(200, { 'content-length': SIZE }).on('drain', writeMore)
    writeMore()
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.socket.pause()
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually(() => written > 0)
  for (let last = -1, quiet = 0; quiet < 10; last = written) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    quiet = written === last ? quiet + 1 : 0
  }
  t.ok(written < 24 * MiB, `${written / MiB} MiB left the upstream, those in the buffers of the system included`)
  client.socket.resume()
  const response = await client.response()
  t.ok(response.complete)
  t.equal(response.body.length, SIZE)
  t.equal(response.body[SIZE - 1], 63)
})
