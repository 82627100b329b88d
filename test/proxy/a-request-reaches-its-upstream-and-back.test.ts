import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('a request reaches its upstream and the answer comes back', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    response.writeHead(201, { 'X-Seen': `${request.method} ${request.url}` }).end('hello')
  })
  const { url } = await startGateway(t, passThrough(origin.url))
  const answer = await send(`${url}/a/b?c=d`, { method: 'POST', body: 'x' })
  t.equal(answer.status, 201)
  t.equal(answer.headers['x-seen'], 'POST /a/b?c=d')
  t.equal(answer.text, 'hello')
})
