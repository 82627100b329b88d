import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Report } from '../../src/simulation/report.ts'
import { cli } from '../support/cli.ts'
import { temporaryFolder } from '../support/gateway-process.ts'
import { root, sourceFiles } from '../meta/source-files.ts'

const small = `name: small
upstreams:
  shop:
    endpoints: [http://a.internal, http://b.internal]
    circuitBreaker: { minimumRequests: 5, openFor: 1s }
load: { upstream: shop, rate: 50, duration: 5s }
events: [{ at: 2s, endpoint: '*', set: { errorRate: 100% } }]
expect:
  - breaker: { upstream: shop, opens: { min: 1 }, opensBy: 5s, endsAs: open }
  - clientErrors: { max: 0, to: 2s }
`

t.test('the scenarios of the repository hold what they expect', async (t) => {
  const files = sourceFiles('config/scenarios/*.yaml').map(({ path }) => path)
  t.ok(files.length >= 3, 'there are scenarios')
  const { code, out, err } = await cli(['simulate', ...files], root)
  t.equal(code, 0, out)
  t.equal(err, '')
  t.notMatch(out, /✗/)
  // Their own seeds may happen to be lucky ones.
  if (process.env['FUZZ'] === undefined) return
  for (const seed of ['101', '102', '103']) t.equal((await cli(['simulate', ...files, '--seed', seed], root)).code, 0, `with the seed ${seed}`)
})

t.test('an expectation that does not hold ends with 1 and says what was measured', async (t) => {
  const broken = readFileSync(`${root}/config/scenarios/one-endpoint-hangs.yaml`, 'utf8').replace(
    'amplification: { max: 1.05 }',
    'amplification: { max: 1 }'
  )
  const folder = temporaryFolder(t, { 'broken.yaml': broken, 'small.yaml': small })
  const { code, out } = await cli(['simulate', 'broken.yaml'], folder)
  t.equal(code, 1)
  t.match(out, /^ {2}✗ attempts for each request ≤ 1: 1\.00\d+$/m)
  t.match(out, /^ {2}✓ client errors ≤ 0: 0$/m)

  await t.test('and one does not make up for another', async (t) => {
    t.equal((await cli(['simulate', 'small.yaml'], folder)).code, 0)
    t.equal((await cli(['simulate', 'broken.yaml', 'small.yaml'], folder)).code, 1)
  })
})

t.test('the same seed gives the same report, another one another', async (t) => {
  const folder = temporaryFolder(t, { 'small.yaml': small })
  const run = async (...more: string[]): Promise<string> => (await cli(['simulate', 'small.yaml', '--format', 'json', ...more], folder)).out
  const first = await run('--seed', '5')
  t.equal(await run('--seed', '5'), first)
  t.not(await run('--seed', '6'), first)
  const [report] = JSON.parse(first) as [Report]
  t.match(report, { scenario: 'small', seed: 5, ok: true, defects: [], requests: Number, seconds: [{ second: 0 }] })
  t.equal(
    Object.values(report.answers).reduce((sum, count) => sum + count, 0),
    report.requests
  )
})

t.test('the text tells what clients saw, the load of the endpoints and what breakers did', async (t) => {
  const folder = temporaryFolder(t, { 'small.yaml': small })
  const { out } = await cli(['simulate', 'small.yaml', '--timeline'], folder)
  t.match(out, /^small \(seed 1, 5\.0s\)$/m)
  t.match(out, /^ {2}200 +\d+ +\d+\.\d%$/m)
  t.match(out, /^ {2}errors +SP_CIRCUIT_OPEN \d+$/m)
  t.match(out, /^ {2}a\.internal +\d+ +\d+\.\d%$/m)
  t.match(out, /^ +4\.\ds {2}breaker of shop: open \(failure-ratio, for 1\.\ds\)$/m)
  t.match(out, /^ {2}second +requests +errors +p50 +p99 +a\.internal +b\.internal +breaker$/m)
  t.match(out, /^ {2}1 +\d+ +0 +5\.0ms +5\.0ms +\d+ +\d+ +closed$/m)
  t.match(out, /^ {2}✓ breaker opens by \(shop\) ≤ 5s: 4\d+/m)
})

t.test('a bad scenario is told with file, line and column', async (t) => {
  const bad = `name: bad
upstreams:
  shop:
    endpoints: [http://a.internal]
    circuitBreaker: { failureRatio: 150% }
    retry: { atempts: 2 }
endpoints:
  b.internal: { hang: true }
load:
  - { upstream: shpo, rate: 10, duration: 5s }
  - { upstream: shop, rate: 0, duration: 5 }
  - { upstream: shop, rate: 1, duration: 1s, bulkhead: { maxConcurent: 1 } }
events:
  - { at: 1s, endpoint: c.internal, set: { latency: { min: 5ms, max: 1ms }, hangs: true } }
expect:
  - latency: { percentile: 99 }
  - share: { endpoint: a.internal, max: 5%, from: 9s, to: 3s }
  - clientErrors: { max: 0 }
    retries: { max: 0 }
`
  const told: RegExp[] = [
    /^bad\.yaml:5:37: error: upstreams\.shop\.circuitBreaker\.failureRatio: expected a share/m,
    /^bad\.yaml:6:14: error: upstreams\.shop\.retry\.atempts: unknown key "atempts" \(did you mean "attempts"\?\)/m,
    /^bad\.yaml:8:3: error: endpoints\["b\.internal"\]: there is no endpoint "b\.internal" \(did you mean "a\.internal"\?\)/m,
    /^bad\.yaml:10:17: error: load\[0\]\.upstream: there is no upstream "shpo" \(did you mean "shop"\?\)/m,
    /^bad\.yaml:11:29: error: load\[1\]\.rate: must be more than 0$/m,
    /^bad\.yaml:11:42: error: load\[1\]\.duration: expected a duration .*5 has no unit/m,
    /^bad\.yaml:12:58: error: load\[2\]\.bulkhead\.maxConcurent: unknown key "maxConcurent"/m,
    /^bad\.yaml:14:25: error: events\[0\]\.endpoint: there is no endpoint "c\.internal"/m,
    /^bad\.yaml:14:70: error: events\[0\]\.set\.latency\.max: must not be below `min`/m,
    /^bad\.yaml:14:77: error: events\[0\]\.set\.hangs: unknown key "hangs" \(did you mean "hang"\?\)/m,
    /^bad\.yaml:16:5: error: expect\[0\]\.latency: nothing is expected/m,
    /^bad\.yaml:17:59: error: expect\[1\]\.share\.to: must be later than `from`/m,
    /^bad\.yaml:18:5: error: expect\[2\]: expected exactly one of clientErrors, /m
  ]
  const folder = temporaryFolder(t, {
    'bad.yaml': bad,
    'syntax.yaml': 'name: [\n',
    'list.yaml': '- a\n',
    'empty.yaml': '',
    'small.yaml': small,
    'plugins.yaml': small.replace('circuitBreaker', 'plugins: { jwt: {} }\n    circuitBreaker')
  })
  const { code, out, err } = await cli(['simulate', 'bad.yaml'], folder)
  t.equal(code, 1)
  t.equal(out, '')
  for (const one of told) t.match(err, one)

  await t.test('whatever it is', async (t) => {
    t.match(await cli(['simulate', 'syntax.yaml'], folder), { code: 1, err: /^syntax\.yaml:\d+:\d+: error: / })
    t.match(await cli(['simulate', 'list.yaml'], folder), { code: 1, err: /^list\.yaml:1:1: error: expected a map of keys such as name/ })
    t.match(await cli(['simulate', 'empty.yaml'], folder), { code: 1, err: /^empty\.yaml:1:1: error: the file is empty\n$/ })
    t.match(await cli(['simulate', 'missing.yaml'], folder), { code: 1, err: /^missing\.yaml:1:1: error: cannot read the scenario: ENOENT/ })
  })

  await t.test('and does not keep the others from being played', async (t) => {
    t.match(await cli(['simulate', 'bad.yaml', 'small.yaml'], folder), { code: 1, out: /^small \(seed/ })
  })

  await t.test('plugins of an upstream are left out with a warning', async (t) => {
    t.match(await cli(['simulate', 'plugins.yaml'], folder), {
      code: 0,
      err: /^plugins\.yaml:5:5: warning: upstreams\.shop\.plugins: plugins are not simulated\n$/
    })
  })
})

t.test('a mistake on the command line ends with 64', async (t) => {
  t.match(await cli(['simulate'], '.'), { code: 64, err: /^sallyport simulate: missing SCENARIO\n\nUsage: sallyport simulate/ })
  t.match(await cli(['simulate', 'a.yaml', '--seed', '-1'], '.'), { code: 64 })
  t.match(await cli(['simulate', 'a.yaml', '--seed=x'], '.'), { code: 64, err: /^sallyport simulate: --seed is a whole number/ })
  t.match(await cli(['simulate', 'a.yaml', '--format', 'xml'], '.'), { code: 64, err: /--format is text or json/ })
})
