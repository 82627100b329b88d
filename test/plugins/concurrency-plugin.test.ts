import t from 'tap'
import concurrency from '../../plugins/concurrency/index.ts'
import { StoreUnavailable, type Consumer, type PermitAnswer, type PermitStore } from '../../src/plugin-api/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { MemoryPermits } from '../../src/stores/memory/permits.ts'

interface Caller {
  readonly consumer?: Consumer
  readonly route?: string
}

/** Requests of the bench that go on until they are told to end: the hook behind the plugin holds them. */
async function startBench(t: { teardown(run: () => unknown): void }, config: unknown, options: TestPluginOptions = {}) {
  const callers = new Map<string, Caller>()
  const running = new Map<string, () => void>()
  const bench = await testPlugin(
    {
      ...concurrency,
      async register(app, own, deps) {
        await concurrency.register(app, own as never, deps)
        app.addHook('onRequest', async (request) => {
          const name = String(request.headers['x-name'])
          if (name !== 'undefined') await new Promise<void>((resolve) => running.set(name, resolve))
        })
      }
    },
    config,
    {
      ...options,
      before(request) {
        request.gateway.consumer = callers.get(String(request.headers['x-caller']))?.consumer ?? null
      }
    }
  )
  t.teardown(bench.close)
  const headersOf = (caller: string, more: Record<string, string> = {}) => ({ 'x-caller': caller, ...more })
  let names = 0
  return {
    ...bench,
    as: (name: string, groups: readonly string[] = []) => void callers.set(name, { consumer: { name, groups } }),
    /** One that is over with its answer. */
    ask: (caller = 'nobody') => bench.inject({ headers: headersOf(caller) }),
    /** One that runs until the function it gives is called. */
    async hold(caller = 'nobody', fields: Record<string, string> = {}): Promise<() => Promise<number>> {
      const name = `r${++names}`
      const answered = bench.inject({ headers: headersOf(caller, { 'x-name': name, ...fields }) })
      while (!running.has(name)) {
        const refused = await Promise.race([answered, new Promise<null>((resolve) => setImmediate(resolve, null))])
        if (refused !== null) throw new Error(`not let in: ${refused.statusCode}`)
      }
      return async () => {
        running.get(name)?.()
        return (await answered).statusCode
      }
    }
  }
}

t.test('as many requests of a caller as the limit are in flight at once', async (t) => {
  const { as, ask, hold, counters } = await startBench(t, { limit: 2, name: 'orders' })
  as('alice')
  as('bob')
  const first = await hold('alice')
  const second = await hold('alice')
  const refused = await ask('alice')
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['retry-after'], '1')
  t.match(refused.json(), { code: 'SP_RATE_LIMITED', detail: 'The limit "orders" of 2 requests at once is used up.' })
  t.equal((await ask('bob')).statusCode, 200, 'another consumer has places of its own')
  const nobody = [await hold(), await hold()]
  t.equal((await ask()).statusCode, 429, 'who is nobody counts by address')
  t.equal(await first(), 200)
  for (let i = 0; i < 5; i++) t.equal((await ask('alice')).statusCode, 200, 'one place, one after the other')
  await second()
  for (const end of nobody) await end()
  t.equal(counters.get('concurrency_decisions_total{policy="orders",decision="allowed"}'), 10)
  t.equal(counters.get('concurrency_decisions_total{policy="orders",decision="refused"}'), 2)
})

t.test('a request is within all limits or holds no place', async (t) => {
  const limits = [
    { name: 'one', limit: 1, by: 'consumer' },
    { name: 'all', limit: 3, by: 'route', overrides: { groups: { staff: { limit: 4 } } } }
  ]
  const { as, ask, hold } = await startBench(t, { limits }, { consumers: [{ name: 'eve', groups: ['staff'] }] })
  for (const name of ['a', 'b', 'c', 'd']) as(name)
  as('eve', ['staff'])
  const alice = await hold('a')
  for (let i = 0; i < 5; i++) t.match((await ask('a')).json(), { detail: 'The limit "one" of 1 requests at once is used up.' })
  const [second, third] = [await hold('b'), await hold('c')]
  t.match((await ask('d')).json(), { detail: 'The limit "all" of 3 requests at once is used up.' })
  const staff = await hold('eve')
  t.match((await ask('eve')).json(), { detail: 'The limit "one" of 1 requests at once is used up.' }, 'the first that refuses is told')
  for (const end of [alice, second, third, staff]) t.equal(await end(), 200)
})

t.test('a consumer’s own limit comes first, then that of its most generous group', async (t) => {
  const overrides = { consumers: { alice: { limit: 3 } }, groups: { few: { limit: 1 }, many: { limit: 2 } } }
  const consumers = [{ name: 'alice' }, { name: 'bob', groups: ['few', 'many'] }]
  const { as, ask, hold, issues } = await startBench(t, { limit: 1, overrides }, { consumers })
  t.same(issues, [])
  as('alice', ['few'])
  as('bob', ['few', 'many'])
  const ends = [await hold('alice'), await hold('alice'), await hold('alice'), await hold('bob'), await hold('bob')]
  t.equal((await ask('alice')).statusCode, 429)
  t.equal((await ask('bob')).statusCode, 429)
  for (const end of ends) await end()
})

t.test('places are those of the route, or with `global` of all', async (t) => {
  const state = new Map<string, unknown>()
  const bench = (name: string, config: object) => startBench(t, config, { state, route: { name } })
  const end = await (await bench('a', { limit: 1 })).hold()
  t.equal((await (await bench('b', { limit: 1 })).ask()).statusCode, 200)
  t.equal((await (await bench('a', { limit: 1 })).ask()).statusCode, 429, 'after a reload too')
  t.equal((await (await bench('a', { limit: 2 })).ask()).statusCode, 200, 'a raised limit goes on with those in flight')
  await end()
  t.equal((await (await bench('a', { limit: 1 })).ask()).statusCode, 200)
  const shared = { limit: 1, by: ['global', 'ip'] }
  const endOfShared = await (await bench('a', shared)).hold()
  t.equal((await (await bench('b', shared)).ask()).statusCode, 429)
  await endOfShared()
})

t.test('a dry run refuses nobody', async (t) => {
  const { ask, hold, counters } = await startBench(t, { limit: 1, dryRun: true })
  const end = await hold()
  t.equal((await ask()).statusCode, 200)
  t.equal(counters.get('concurrency_decisions_total{policy="test",decision="dry_run_refused"}'), 1)
  t.equal(counters.get('concurrency_decisions_total{policy="test",decision="refused"}'), undefined)
  await end()
})

t.test('while the store is away requests pass, are refused, or are counted here', async (t) => {
  const away: PermitStore = { acquire: () => Promise.reject(new StoreUnavailable('timeout', 'away')) }
  const bench = (onStoreError?: string, more: object = {}) => {
    const permits = { memory: new MemoryPermits(), redis: away }
    return startBench(t, { limit: 1, ...(onStoreError === undefined ? {} : { onStoreError }), ...more }, { limits: { permits } })
  }
  const local = await bench()
  const end = await local.hold()
  t.equal((await local.ask()).statusCode, 429)
  await end()
  t.equal((await local.ask()).statusCode, 200)
  t.equal(local.counters.get('concurrency_store_errors_total{policy="test",reason="timeout"}'), 3)

  const allow = await bench('allow')
  const ends = [await allow.hold(), await allow.hold()]
  for (const one of ends) t.equal(await one(), 200)

  const deny = await (await bench('deny')).ask()
  t.match([deny.statusCode, deny.headers['retry-after'], deny.json()], [503, '1', { code: 'SP_OVERLOADED' }])
  t.equal((await (await bench('deny', { dryRun: true })).ask()).statusCode, 200)
})

t.test('a store that fails in another way is a failure of the plugin', async (t) => {
  const broken: PermitStore = { acquire: () => Promise.reject(new Error('a mistake')) }
  const { ask } = await startBench(t, { limit: 1 }, { limits: { permits: { memory: new MemoryPermits(), redis: broken } } })
  t.match((await ask()).json(), { status: 500, code: 'SP_PLUGIN_FAILED' })
})

t.test('memory answers at once, and all limits are one question', async (t) => {
  const memory = new MemoryPermits()
  const asked: number[] = []
  let releases = 0
  const counting = {
    acquire(questions: Parameters<MemoryPermits['acquire']>[0]): PermitAnswer {
      asked.push(questions.length)
      const answer = memory.acquire(questions)
      return { verdicts: answer.verdicts, release: () => releases++ }
    }
  }
  let isSameTurn = false
  const limits = ['a', 'b', 'c'].map((name) => ({ name, limit: 9 }))
  const { inject, close } = await testPlugin(
    {
      ...concurrency,
      async register(app, config, deps) {
        let turn = 0
        app.addHook('onRequest', (_request, _reply, done) => {
          queueMicrotask(() => turn++)
          done()
        })
        await concurrency.register(app, config as never, deps)
        app.addHook('onRequest', (_request, _reply, done) => {
          isSameTurn = turn === 0
          done()
        })
      }
    },
    { limits },
    { limits: { permits: { memory: counting, redis: null } } }
  )
  t.teardown(close)
  await inject('/')
  t.same([asked, releases, isSameTurn], [[3], 1, true])
})
