import { text as readText } from 'node:stream/consumers'
import t from 'tap'
import { noFaults, parseFaults, parseFaultVariables } from '../../samples/kit/fault-settings.ts'
import { exitOf, spawnService } from './service-process.ts'

const second = { name: 'products', instance: 'products-2' }

t.test('each part sets what it names, and the rest is as without faults', async (t) => {
  t.same(parseFaults('latency=200ms±50ms,errors=20%,status=500,retry-after=2s,reset=5%,hang=1%,health,seed=42', 'FAULTS'), {
    latencyMs: 200,
    jitterMs: 50,
    errorRate: 0.2,
    errorStatus: 500,
    retryAfterSeconds: 2,
    resetRate: 0.05,
    hangRate: 0.01,
    health: true,
    seed: 42
  })
  t.same(
    parseFaults('latency=1.5s+-500ms errors=0.5%', 'FAULTS'),
    { ...noFaults, latencyMs: 1500, jitterMs: 500, errorRate: 0.005 },
    'typed on any keyboard'
  )
  t.same(
    parseFaults('hang=33%, reset=56%, errors=11%,', 'FAULTS'),
    { ...noFaults, hangRate: 0.33, resetRate: 0.56, errorRate: 0.11 },
    'all requests, no more'
  )
  t.equal(parseFaults('none', 'FAULTS'), noFaults)
})

t.test('the part that is wrong is named, with what it should be', async (t) => {
  const wrong: Record<string, RegExp> = {
    'latency=200': /^FAULTS: latency must be a time of at most 60s such as 200ms, .*, not '200'$/,
    'latency=61s': /latency must be a time/,
    'latency=200ms+-': /latency must be a time/,
    'latency=9ms+-1ms+-1ms': /latency must be a time/,
    latency: /latency must be a time .* not ''$/,
    'latency=50ms+-51ms': /^FAULTS: the spread of latency must not be more than the latency itself$/,
    'errors=0.2': /^FAULTS: errors must be a share from 0% to 100% such as 20%, not '0.2'$/,
    'errors=101%': /errors must be a share/,
    'errors=-1%': /errors must be a share/,
    'status=200': /^FAULTS: status must be a status from 400 to 599, not '200'$/,
    'retry-after=2': /^FAULTS: retry-after must be whole seconds of at most 3600s such as 2s, not '2'$/,
    'reset=x%': /^FAULTS: reset must be a share/,
    'hang=1%=2%': /^FAULTS: hang must be a share .*, not '1%=2%'$/,
    'health=no': /^FAULTS: health must be alone, without a value, not 'no'$/,
    'seed=4294967296': /^FAULTS: seed must be a whole number from 0 to 4294967295, not '4294967296'$/,
    'error=20%': /^FAULTS: 'error' is not known, but latency, errors, status, retry-after, reset, hang, health, seed are, and none$/,
    constructor: /^FAULTS: 'constructor' is not known/,
    'reset=1%,reset=2%': /^FAULTS: reset is there twice$/,
    'errors=60%,reset=30%,hang=11%': /^FAULTS: hang, reset and errors must not be more than 100% together$/
  }
  for (const [source, message] of Object.entries(wrong)) t.throws(() => parseFaults(source, 'FAULTS'), { name: 'SettingError', message }, source)
})

t.test('the most specific variable counts, alone', async (t) => {
  const all = { FAULTS: 'errors=1%', PRODUCTS_FAULTS: 'latency=2ms', PRODUCTS_2_FAULTS: 'hang=3%', USERS_FAULTS: 'wrong' }
  t.same(parseFaultVariables(all, second).initial, { ...noFaults, hangRate: 0.03 })
  t.same(parseFaultVariables(all, { ...second, instance: 'products-1' }).initial, { ...noFaults, latencyMs: 2 })
  t.same(parseFaultVariables(all, { name: 'orders', instance: 'orders-1' }).initial, { ...noFaults, errorRate: 0.01 })
  t.equal(parseFaultVariables({ FAULTS: 'errors=1%', PRODUCTS_FAULTS: 'none' }, second).initial, noFaults, 'none spares one service')
  t.same(parseFaultVariables({ FAULTS: ' ', FAULTS_TOKEN: '' }, second), { initial: noFaults, token: null }, 'empty is as good as absent')
  t.throws(() => parseFaultVariables({ PRODUCTS_2_FAULTS: 'hang' }, second), { message: /^PRODUCTS_2_FAULTS: hang must be a share/ })
})

t.test('a token is what a header can carry, and an error does not repeat it', async (t) => {
  t.equal(parseFaultVariables({ FAULTS_TOKEN: 'try-me' }, second).token, 'try-me')
  t.throws(() => parseFaultVariables({ FAULTS_TOKEN: 'try me' }, second), {
    name: 'SettingError',
    message: 'FAULTS_TOKEN must be visible ASCII characters'
  })
})

t.test('a service with faults that cannot be read does not start', async (t) => {
  const child = spawnService('users', { DATA_DIR: ':memory:', USERS_FAULTS: 'errors=lots' })
  const [code, errors] = await Promise.all([exitOf(child), readText(child.stderr)])
  t.equal(code, 1)
  t.equal(errors, "users cannot start: USERS_FAULTS: errors must be a share from 0% to 100% such as 20%, not 'lots'\n")
})
