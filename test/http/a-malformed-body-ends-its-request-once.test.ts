import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually, sendRaw } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'

t.test('a malformed body before the answer is refused, and its upstream let go', async (t) => {
  const origin = await startOrigin(t, (request) => void request.on('error', () => {}).resume())
  const gateway = await startGateway(t, passThrough(origin.url, '    bufferRequestBody: off'))
  const answer = await sendRaw(gateway.port, `${HEAD}nonsense\r\n`)
  t.match(answer, /^HTTP\/1\.1 400 /)
  t.equal(answer.split('HTTP/1.1').length, 2, 'one answer')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0 && origin.connections === 0)
  const lines = gateway.log.filter((line) => line['msg'] === 'request')
  t.match(lines, [{ status: 400, code: 'SP_BAD_REQUEST', outcome: 'client-abort' }])
})

t.test('a malformed body behind the head of the answer cuts the connection instead of writing into the answer', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    request.on('error', () => {}).resume()
    response.write('begun')
  })
  const gateway = await startGateway(t, passThrough(origin.url, '    bufferRequestBody: off'))
  const answer = await sendRaw(gateway.port, [HEAD, 'nonsense\r\n'], 'begun')
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(answer.split('HTTP/1.1').length, 2, 'nothing was written into it')
  t.notOk(answer.endsWith('0\r\n\r\n'), 'and it does not look complete')
})
