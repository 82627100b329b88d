import t from 'tap'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'

t.test('plugins see the request, answer it, refuse it and change its answer', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => {
    response.setHeader('vary', 'accept')
    response.end('fine')
  })
  const gateway = await startHttp2Gateway(
    t,
    `consumers: [{ name: ada, apiKeys: ["key-of-ada-1234"] }]
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - name: keys
    match: { path: /keys }
    upstream: origin
    plugins: { key-auth: {} }
  - name: limited
    match: { path: /limited }
    upstream: origin
    plugins: { rate-limit: { limit: 1, window: 1h }, cors: { origins: ["https://shop.example"] } }
  - name: denied
    match: { path: /denied }
    upstream: origin
    plugins: { ip-filter: { deny: ["0.0.0.0/0"] } }`
  )
  const session = connectHttp2(t, gateway.port)
  const get = (path: string, fields = {}, body?: string) => fetchHttp2(session, { ':path': path, ...fields }, body)

  t.match(await get('/keys'), { status: 401, headers: { 'content-type': 'application/problem+json' }, ended: true })
  t.match(await get('/keys', { ':method': 'POST', 'x-api-key': 'key-of-ada-1234' }, 'hello'), { status: 200, text: 'fine', ended: true })
  t.match(origin.seen.at(-1)?.body.toString(), 'hello')
  t.ok(origin.seen.at(-1)?.rawHeaders.includes('ada'), 'the upstream is told who it is')

  const preflight = await get('/limited', { ':method': 'OPTIONS', origin: 'https://shop.example', 'access-control-request-method': 'GET' })
  t.match(preflight, { status: 204, headers: { 'access-control-allow-origin': 'https://shop.example' }, ended: true }, 'answered by a plugin')
  const first = await get('/limited', { origin: 'https://shop.example' })
  t.match(first, { status: 200, text: 'fine', headers: { ratelimit: /r=0/, 'access-control-allow-origin': 'https://shop.example' } })
  t.match(first.headers['vary'], /accept.*origin/i, 'the fields of both')
  t.match(await get('/limited'), { status: 429, headers: { 'retry-after': /\d/ }, ended: true })
  t.match(await get('/denied', { ':method': 'POST' }, 'x'.repeat(100_000)), { status: 403 }, 'an upload that nobody reads')
  t.match(await get('/denied', { ':method': 'HEAD' }), { status: 403, text: '', ended: true })
  t.match(await get('/none'), { status: 404, ended: true })
  t.equal(session.closed, false)
})
