import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { post, startShop, startStub } from './shop.ts'

const trace = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1'
}

t.test('the calls for an order carry its request id and trace', async (t) => {
  const seen: IncomingHttpHeaders[] = []
  const users = await startStub(t, (request, response) => {
    seen.push(request.headers)
    response.end('{}')
  })
  const shop = await startShop(t, { urls: { users } })
  const order = { userId: 'u-1', items: [{ productId: 'p-1', quantity: 1 }] }

  await post(`${shop.orders}/orders`, order, { 'x-request-id': 'request-7', ...trace })
  t.match(seen[0], { 'x-request-id': 'request-7', ...trace })

  await post(`${shop.orders}/orders`, order)
  t.match(seen[1]?.['x-request-id'], /^id-/, 'one is made when the caller has none')
  t.notOk(seen[1]?.traceparent, 'a trace is not made up')
})
