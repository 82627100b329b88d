import t from 'tap'
import { simulate } from '../../src/simulation/run.ts'
import type { Report } from '../../src/simulation/report.ts'
import { dice } from '../support/random.ts'
import { randomScenario, scenarioOf } from './random-scenario.ts'

const isFuzzing = process.env['FUZZ'] !== undefined

/** Many short runs for what goes wrong at once, fewer long ones for what needs time. Reading a scenario takes longer than playing it. */
const SIZES = [
  { longestMs: 200, scenarios: isFuzzing ? 2000 : 80, runs: 25 },
  { longestMs: 1500, scenarios: isFuzzing ? 1000 : 60, runs: 5 }
]

// A generator that no longer reaches a corner proves nothing about it.
const CORNERS = [
  '200 404 408 429 500 502 503 504 aborted cut',
  'SP_CIRCUIT_OPEN SP_DEADLINE_EXCEEDED SP_OVERLOADED SP_REQUEST_TIMEOUT SP_UPSTREAM_CONNECT SP_UPSTREAM_CONNECT_TIMEOUT',
  'SP_RATE_LIMITED limit:allowed limit:refused limit:dry-run limit:store-error',
  'SP_UPSTREAM_IDLE_TIMEOUT SP_UPSTREAM_RESET SP_UPSTREAM_TIMEOUT SP_UPSTREAM_TRY_TIMEOUT',
  'retried:connect-failure retried:reset retried:try-timeout retried:503 retried:free retried:hedge',
  'refused:attempts-used refused:unsafe-method refused:body-not-replayable refused:budget refused:not-configured',
  'fallback:open fallback:failed fallback:overloaded breaker:open breaker:half-open breaker:closed',
  'ejected recovered unhealthy healthy'
].flatMap((line) => line.split(' '))

t.test('no outage breaks a promise of forwarding', async (t) => {
  const { seed } = dice()
  const seen = new Map<string, number>()
  let total = 0
  let requests = 0
  for (const { longestMs, scenarios, runs } of SIZES) {
    for (let i = 0; i < scenarios; i++) {
      const text = JSON.stringify(randomScenario(dice(seed + i), longestMs))
      const scenario = scenarioOf(text)
      for (let run = 0; run < runs; run++) {
        const report = await simulate(scenario, scenario.seed + run)
        total++
        requests += report.requests
        for (const what of whatHappened(report)) seen.set(what, (seen.get(what) ?? 0) + 1)
        if (report.defects.length > 0) t.fail(`scenario ${i} of TEST_SEED=${seed}, run ${run}`, { defects: report.defects, seed: report.seed, text })
      }
    }
  }
  t.comment(`${total} runs with ${requests} requests from TEST_SEED=${seed}`)
  t.ok(requests > 5 * total, 'there were requests')
  for (const what of CORNERS) t.ok((seen.get(what) ?? 0) >= 5, `${what} happened in ${seen.get(what) ?? 0} runs`)
})

function whatHappened(report: Report): ReadonlySet<string> {
  return new Set([
    ...Object.keys(report.answers),
    ...Object.keys(report.codes),
    ...Object.keys(report.retries).map((reason) => `retried:${reason}`),
    ...Object.keys(report.retriesRefused).map((reason) => `refused:${reason}`),
    ...Object.keys(report.fallbacks).map((cause) => `fallback:${cause}`),
    ...report.limits.flatMap(({ allowed, refused, dryRunRefused, storeErrors }) => [
      ...(allowed > 0 ? ['limit:allowed'] : []),
      ...(refused > 0 ? ['limit:refused'] : []),
      ...(dryRunRefused > 0 ? ['limit:dry-run'] : []),
      ...(storeErrors > 0 ? ['limit:store-error'] : [])
    ]),
    ...report.breakers.map(({ to }) => `breaker:${to}`),
    ...report.health.map(({ kind }) => kind)
  ])
}
