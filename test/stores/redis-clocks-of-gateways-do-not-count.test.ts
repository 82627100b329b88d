import { test } from 'tap'
import type { Clock } from '../../src/plugin-api/index.ts'
import type { LimitRule, LimitVerdict } from '../../src/plugin-api/limits/store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf } from '../support/redis-limits.ts'

const OFF_MS = 5000
const LIMIT = 40

/** Windows so long that nothing comes back meanwhile; of the calendar the longest, which ends least often. */
const RULES: readonly LimitRule[] = [
  ruleOf('gcra', { limit: LIMIT, windowMs: 86_400_000, id: 'gcra' }),
  ruleOf('sliding-window', { limit: LIMIT, windowMs: 86_400_000, id: 'sliding' }),
  ruleOf('sliding-window', { limit: LIMIT, windowMs: 86_400_000, cellMs: 60_000, id: 'cells' }),
  ruleOf('fixed-window', { limit: LIMIT, windowMs: 86_400_000, id: 'fixed' }),
  ruleOf('fixed-window', { limit: LIMIT, windowMs: 30 * 86_400_000, calendar: 'month', id: 'month' })
]

void test('stores whose clocks differ by 5 s admit one limit together, with the verdicts of right clocks', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const right = [systemClock, systemClock]
  const wrong = [clockThatIs(-OFF_MS / 2), clockThatIs(OFF_MS / 2)]
  for (const rule of RULES) {
    const [expected, found] = [await ask(right, `right-${rule.id}`), await ask(wrong, `wrong-${rule.id}`)]
    t.equal(found.filter(({ allowed }) => allowed).length, LIMIT, rule.id)
    t.strictSame(found.map(told), expected.map(told), rule.id)
    const [first, last] = [found[0]?.resetMs ?? 0, found.at(-1)?.resetMs ?? 0]
    t.ok(rule.algorithm !== 'fixed-window' || (last <= first && last > first - OFF_MS / 2), `${rule.id}: both see one end of the window`)

    async function ask(clocks: readonly Clock[], key: string): Promise<readonly LimitVerdict[]> {
      const stores = await Promise.all(clocks.map((clock) => connectedTo(t, redisPlan(server.port), clock)))
      const verdicts: LimitVerdict[] = []
      // In turns, one after the other: so the order of the verdicts is told too.
      for (let i = 0; i < LIMIT + 10; i++) verdicts.push(...((await stores[i % 2]?.limits.consume([{ rule, key, cost: 1 }])) ?? []))
      return verdicts
    }
  }
})

void test('so do whole gateways', { skip: redisMissing() }, async (t) => {
  const [origin, redis] = await Promise.all([startOrigin(t, (_request, response) => response.end()), startRedis(t)])
  const paths = ['gcra', 'sliding-window', 'fixed-window']
  const document = `
redis: { url: "${redis.url}", timeout: 2s }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
${paths.map((path) => `  - { name: ${path}, match: { path: /${path} }, upstream: origin, plugins: { rate-limit: { limit: ${LIMIT}, window: 1d, algorithm: ${path} } } }`).join('\n')}
  - { name: month, match: { path: /month }, upstream: origin, plugins: { quota: { limit: ${LIMIT}, per: month, by: ip } } }`
  const gateways = await Promise.all([-OFF_MS / 2, OFF_MS / 2].map((offMs) => startGateway(t, document, { clock: clockThatIs(offMs) })))
  for (const path of [...paths, 'month']) {
    const answers = await Promise.all(Array.from({ length: LIMIT + 20 }, (_, i) => send(`${gateways[i % 2]?.url}/${path}`)))
    t.equal(answers.filter(({ status }) => status === 200).length, LIMIT, path)
    const waits = answers.filter(({ status }) => status === 429).map(({ headers }) => Number(headers['retry-after']))
    t.equal(waits.length, 20)
    t.ok(Math.max(...waits) - Math.min(...waits) < OFF_MS / 2000, `${path}: all are told the same time to wait`)
  }
})

/** Both of its times. */
function clockThatIs(offMs: number): Clock {
  return { now: () => systemClock.now() + offMs, wall: () => systemClock.wall() + offMs, after: (ms, run) => systemClock.after(ms, run) }
}

/** All but times, which are those of the moment. */
function told({ allowed, remaining, retryAfterMs }: LimitVerdict): unknown {
  return [allowed, remaining, retryAfterMs === 0]
}
