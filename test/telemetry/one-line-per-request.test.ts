import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

const KEYS = [
  'level',
  'time',
  'requestId',
  'httpVersion',
  'method',
  'host',
  'path',
  'route',
  'status',
  'durationMs',
  'upstreamMs',
  'requestBytes',
  'responseBytes',
  'client',
  'msg'
]

t.test('the access log has one line per request, with these keys', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    request.resume().on('end', () => response.end('answer'))
  })
  const { url, log } = await startGateway(
    t,
    `
plugins: { request-id: {} }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: open, match: { path: /open }, upstream: origin }
  - { name: closed, match: { path: /closed }, upstream: origin, plugins: { jwt: { secret: 0123456789abcdef0123456789abcdef } } }`
  )
  const answers = [
    await send(`${url}/open?token=in-the-query`, { method: 'POST', body: 'hello', headers: { host: 'Shop.Example:80' } }),
    await send(`${url}/closed?token=in-the-query`),
    await send(`${url}/nowhere?token=in-the-query`),
    await send(`${url}/a/../b?token=in-the-query`, { path: '/a/../b?token=in-the-query' })
  ]
  t.same(
    answers.map(({ status }) => status),
    [200, 401, 404, 400]
  )
  await eventually(() => lines().length === answers.length)
  const [open, closed, nowhere, bad] = lines()

  t.same(keysOf(open), [...KEYS, 'attempts', 'endpoint', 'outcome', 'upstream'].toSorted())
  t.match(open, {
    level: 'info',
    requestId: /^[0-9a-f]{32}$/,
    httpVersion: '1.1',
    method: 'POST',
    host: 'shop.example',
    path: '/open',
    route: 'open',
    status: 200,
    upstream: 'origin',
    endpoint: origin.url,
    outcome: 'response',
    attempts: 1,
    requestBytes: 5,
    responseBytes: 6,
    client: '127.0.0.1'
  })
  t.equal(open?.['requestId'], answers[0]?.headers['x-request-id'])
  t.ok(Number(open?.['durationMs']) >= Number(open?.['upstreamMs']) && Number(open?.['upstreamMs']) > 0)

  t.same(keysOf(closed), [...KEYS, 'code', 'plugin'].toSorted(), 'a refusal names its plugin and code')
  t.match(closed, { route: 'closed', status: 401, code: 'SP_UNAUTHENTICATED', plugin: 'jwt', upstreamMs: 0 })
  t.equal(closed?.['responseBytes'], answers[1]?.body.length)
  t.same(keysOf(nowhere), [...KEYS, 'code'].toSorted())
  t.match(nowhere, { route: '_unmatched', status: 404, code: 'SP_ROUTE_NOT_FOUND' })
  t.match(bad, { route: '_unmatched', status: 400, code: 'SP_BAD_REQUEST' })
  t.notMatch(JSON.stringify(log), 'in-the-query')

  function lines() {
    return log.filter((line) => line['msg'] === 'request')
  }
})

function keysOf(line: object | undefined): string[] {
  return Object.keys(line ?? {}).toSorted()
}
