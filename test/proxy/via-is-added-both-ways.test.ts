import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

t.test('the gateway adds itself behind the proxies before it, in requests and answers', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => {
    response.writeHead(200, { Via: '1.0 inner' }).end()
  })
  const { port } = await startGateway(t, passThrough(origin.url))
  const response = await rawRequest(t, port, 'GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 edge\r\n\r\n')
  t.same(fieldsOf((origin.seen[0] as SeenRequest).rawHeaders, 'via'), ['1.1 edge', '1.1 sallyport'])
  t.same(fieldsOf(response.fields, 'via'), ['1.0 inner', '1.1 sallyport'])
})
