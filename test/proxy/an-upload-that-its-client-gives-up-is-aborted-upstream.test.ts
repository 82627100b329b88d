import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

for (const framing of ['Content-Length: 100\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']) {
  t.test(`the upstream never sees the end of an upload that was cut off (${framing.slice(0, framing.indexOf(':'))})`, async (t) => {
    const ends: string[] = []
    let started = false
    const origin = await startOrigin(t, (request) => {
      started = true
      request
        .on('end', () => ends.push('end'))
        .on('error', () => ends.push('aborted'))
        .resume()
    })
    const gateway = await startGateway(t, passThrough(origin.url, '    bufferRequestBody: off'))
    const client = await RawConnection.open(t, gateway.port)
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${framing}`)
    await eventually(() => started)
    client.destroy()
    await eventually(() => ends.length === 1)
    t.same(ends, ['aborted'])
    await eventually(() => gateway.log.some((line) => line.msg === 'request'))
    t.match(
      gateway.log.find((line) => line.msg === 'request'),
      { status: 499, outcome: 'client-abort' }
    )
  })
}
