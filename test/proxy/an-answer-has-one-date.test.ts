import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

t.test('the Date of the upstream is kept', async (t) => {
  const origin = await startFixedOrigin(t, 'HTTP/1.1 200 OK\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 0\r\n\r\n')
  const { fields } = await rawRequest(t, (await startGateway(t, passThrough(origin.url))).port, GET)
  t.same(fieldsOf(fields, 'date'), ['Tue, 15 Nov 1994 08:12:31 GMT'])
})

t.test('a missing one is added', async (t) => {
  const origin = await startFixedOrigin(t, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  const { fields } = await rawRequest(t, (await startGateway(t, passThrough(origin.url))).port, GET)
  const [date = ''] = fieldsOf(fields, 'date')
  t.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000, date)
})
