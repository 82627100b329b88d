import http from 'node:http'
import t from 'tap'
import { inFlight, metricSum } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { dice } from '../support/random.ts'

const REQUESTS = 300

t.test('however 300 requests end, each is settled and logged once', async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const origin = await startOrigin(t, (request, response) => {
    request.on('error', () => {}).resume()
    switch (request.url) {
      case '/fine':
        return void response.end('fine')
      case '/stream':
        response.write('a')
        return void setTimeout(() => response.end('b'), 10)
      case '/reset':
        return void request.socket.resetAndDestroy()
      case '/truncated':
        response.writeHead(200, { 'content-length': 10 }).write('half')
        return void setTimeout(() => response.destroy(), 5)
      case '/early':
        return void response.writeHead(400).end('no')
      default: // '/hang' and '/stall' never end
        if (request.url === '/stall') response.writeHead(200).write('x')
    }
  })
  const gateway = await startGateway(
    t,
    `limits: { body: 10KiB }
clientTimeouts: { bodyIdle: 100ms }
upstreams: { origin: { endpoints: ["${origin.url}", "http://127.0.0.1:1"], timeouts: { connect: 1s, response: 200ms, idle: 200ms }, outlierDetection: false } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  await Promise.all(
    Array.from(
      { length: REQUESTS },
      () =>
        new Promise<void>((resolve) => {
          const withBody = luck.chance(0.4)
          const request = http.request(gateway.url, {
            agent: false,
            method: withBody ? 'POST' : 'GET',
            path: luck.pick(['/fine', '/stream', '/reset', '/truncated', '/early', '/hang', '/stall']),
            headers: withBody ? { 'transfer-encoding': 'chunked' } : {}
          })
          request
            .on('error', () => {})
            .on('close', resolve)
            .on('response', (response) => {
              if (luck.chance(0.2)) request.destroy()
              else response.on('error', () => {}).resume()
            })
          if (withBody) {
            request.write(luck.bytes(luck.pick([10, 5_000, 20_000])))
            if (luck.chance(0.8)) request.end()
          } else request.end()
          if (luck.chance(0.2)) setTimeout(() => request.destroy(), luck.int(0, 30))
        })
    )
  )
  const lines = () => gateway.log.filter((line) => line.msg === 'request')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0 && (await metricSum(gateway, 'sallyport_connections_open')) === 0)
  // A request that was aborted before it was sent never arrived.
  const arrived = await metricSum(gateway, 'sallyport_http_requests_total')
  t.equal(lines().length, arrived)
  t.ok(arrived > REQUESTS / 2)
  t.equal(new Set(lines().map((line) => line.requestId)).size, lines().length, 'no request is logged twice')
  const outcomes = new Set(lines().map((line) => line.outcome))
  for (const outcome of ['response', 'reset', 'truncated', 'response-timeout', 'connect-failure', 'client-abort'])
    t.ok(outcomes.has(outcome), outcome)
  t.equal(
    await metricSum(gateway, 'sallyport_upstream_requests_total'),
    lines().reduce((sum, line) => sum + Number(line.attempts ?? 0), 0),
    'attempts settled = attempts made'
  )
})
