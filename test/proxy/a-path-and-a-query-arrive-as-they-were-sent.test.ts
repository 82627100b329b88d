import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-client.ts'

const TARGET = '/a"<>^`{|}/%7e%41?b=1&a=2&b=%20+x&=&&"<>{}|^`\\[]#\'%zz'

t.test('a default proxy changes the path; the installed version leaves the query alone', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startDefaultProxy(t, origin.url)
  await rawRequest(t, port, `GET ${TARGET} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const [path, query] = (origin.seen[0]?.url ?? '').split('?')
  t.not(path, TARGET.split('?')[0])
  t.equal(query, TARGET.split('?')[1])
})

t.test('the gateway changes nothing', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  await rawRequest(t, port, `GET ${TARGET} HTTP/1.1\r\nHost: a\r\n\r\n`)
  t.equal(origin.seen[0]?.url, TARGET)
})

for (const target of ['/a?', '/a', '/', '/?', '/a/', '/a;b=c/d;e', '/?a?b', '/a%2Cb%2cc']) {
  t.test(`the gateway sends ${target} as ${target}`, async (t) => {
    const origin = await startRecordingOrigin(t)
    const { port } = await startGateway(t, passThrough(origin.url))
    await rawRequest(t, port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.equal(origin.seen[0]?.url, target)
  })
}
