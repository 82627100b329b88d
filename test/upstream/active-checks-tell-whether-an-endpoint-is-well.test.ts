import t from 'tap'
import type { HealthCheckPlan } from '../../src/config/plan.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { createCheckState, nextCheckMs } from '../../src/policy/health/active-check.ts'
import { startChecks } from '../../src/upstream/checks.ts'
import { eventually } from '../support/client.ts'
import { startOrigin, startRawOrigin } from '../support/origin.ts'

const RULE: HealthCheckPlan = {
  kind: 'http',
  method: 'GET',
  path: '/health?deep=1',
  statuses: [[200, 299]],
  bodyIncludes: null,
  host: null,
  intervalMs: 10_000,
  jitter: 0,
  timeoutMs: 2000,
  unhealthyAfter: 3,
  healthyAfter: 2
}

function checking(t: Tap, origin: string, rule: Partial<HealthCheckPlan> = {}) {
  const clock = new FakeClock()
  const checks = startChecks({ origin, rule: { ...RULE, ...rule }, tls: null, clock, random: () => 0.5 })
  t.teardown(() => checks.stop())
  return { clock, checks }
}
type Tap = Parameters<typeof startOrigin>[0]

t.test('the first check decides alone, later ones by their row', (t) => {
  const state = createCheckState({ unhealthyAfter: 3, healthyAfter: 2 })
  t.equal(state.status, 'unknown')
  const fed = (ok: boolean): string => `${state.feed(ok) ? 'changed to' : 'still'} ${state.status}`
  t.strictSame([true, false, false, true, false, false, false, true, false, true, true].map(fed), [
    'changed to healthy',
    'still healthy',
    'still healthy',
    'still healthy',
    'still healthy',
    'still healthy',
    'changed to unhealthy',
    'still unhealthy',
    'still unhealthy',
    'still unhealthy',
    'changed to healthy'
  ])
  t.equal(createCheckState({ unhealthyAfter: 3, healthyAfter: 2 }).feed(false), true)
  t.end()
})

t.test('jitter moves a check by at most its share to either side', (t) => {
  t.equal(
    nextCheckMs(1000, 0.1, () => 0),
    900
  )
  t.equal(
    nextCheckMs(1000, 0.1, () => 0.5),
    1000
  )
  t.ok(nextCheckMs(1000, 0.1, () => 0.999) < 1100)
  t.end()
})

t.test('an expected status is well, any other is not; method, path and Host are as configured', async (t) => {
  const seen: string[] = []
  const origin = await startOrigin(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`)
    response.writeHead(204).end()
  })
  const good = checking(t, origin.url)
  await good.checks.ready
  t.equal(good.checks.status, 'healthy')
  const bad = checking(t, origin.url, { statuses: [[200, 200]], method: 'HEAD', host: 'internal' })
  await bad.checks.ready
  t.equal(bad.checks.status, 'unhealthy')
  t.equal(bad.checks.reason, 'status 204')
  t.strictSame(seen, [`GET /health?deep=1 127.0.0.1:${origin.port}`, 'HEAD /health?deep=1 internal'])
  await eventually(() => origin.connections === 0)
})

t.test('the body has to hold the expected text within its first 64 KiB', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    response.write('x'.repeat(request.url === '/late' ? 70_000 : 10))
    response.write('{"db":"up"}')
    if (request.url !== '/endless') response.end()
  })
  const status = async (path: string, bodyIncludes: string): Promise<string> => {
    const { checks } = checking(t, origin.url, { path, bodyIncludes })
    await checks.ready
    return checks.status
  }
  t.equal(await status('/', '"db":"up"'), 'healthy')
  t.equal(await status('/', '"db":"down"'), 'unhealthy')
  t.equal(await status('/late', '"db":"up"'), 'unhealthy')
})

t.test('refused, silent and broken endpoints are not well, and say why', async (t) => {
  const silent = await startOrigin(t, () => {})
  const broken = await startRawOrigin(t, (socket) => void socket.end('not http at all\r\n\r\n'))
  const refused = checking(t, 'http://127.0.0.1:1')
  await refused.checks.ready
  t.match(refused.checks.reason, /ECONNREFUSED/)
  const { checks } = checking(t, broken.url)
  await checks.ready
  t.equal(checks.status, 'unhealthy')
  const waits = checking(t, silent.url)
  await eventually(() => silent.connections === 1)
  waits.clock.advance(1999)
  t.equal(waits.checks.status, 'unknown')
  waits.clock.advance(1)
  await waits.checks.ready
  t.equal(waits.checks.status, 'unhealthy')
  t.match(waits.checks.reason, /2000 ms/)
  await eventually(() => silent.connections === 0)
})

t.test('tcp only connects', async (t) => {
  const silent = await startRawOrigin(t, () => {})
  const up = checking(t, silent.url, { kind: 'tcp' })
  await up.checks.ready
  t.equal(up.checks.status, 'healthy')
  const down = checking(t, 'http://127.0.0.1:1', { kind: 'tcp' })
  await down.checks.ready
  t.equal(down.checks.status, 'unhealthy')
})

t.test('the next check is due an interval after the one before, one at a time, and none after the stop', async (t) => {
  let count = 0
  let status = 200
  const origin = await startOrigin(t, (_request, response) => {
    count++
    response.writeHead(status).end()
  })
  const { clock, checks } = checking(t, origin.url)
  const told: string[] = []
  checks.onStatus = (now, reason) => told.push(`${now} ${reason}`.trim())
  await checks.ready
  for (let round = 2; round <= 4; round++) {
    status = 500 + round
    clock.advance(9999)
    t.equal(count, round - 1)
    clock.advance(1)
    await eventually(() => count === round && checks.reason === `status ${status}`)
    await eventually(() => round < 4 || told.length === 2)
    await eventually(() => origin.connections === 0)
  }
  t.strictSame(told, ['healthy', 'unhealthy status 504'])
  checks.stop()
  clock.advance(100_000)
  t.equal(count, 4)
})
