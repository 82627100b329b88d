import type { FastifyInstance } from 'fastify'
import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import type { RateLimitConfig } from '../../plugins/rate-limit/schema.ts'
import { StoreUnavailable, type LimitStore } from '../../src/plugin-api/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { systemClock } from '../../src/system/clock.ts'

const memory = createMemoryStore({ maxKeys: 100, maxBytes: 1_000_000, clock: systemClock })

t.test('a decision from memory is made without a promise, one from Redis with one', async (t) => {
  const turns: string[] = []
  let isSameTurn = true
  const options: TestPluginOptions = {
    limits: { memory },
    before() {
      isSameTurn = true
      queueMicrotask(() => {
        isSameTurn = false
      })
    }
  }
  const bench = (more: TestPluginOptions['limits'] = {}) =>
    testPlugin(
      {
        ...rateLimit,
        async register(app, config, deps) {
          await rateLimit.register(app, config as RateLimitConfig, deps)
          app.addHook('onRequest', (_request, _reply, done) => {
            turns.push(isSameTurn ? 'at once' : 'later')
            done()
          })
        }
      },
      { limit: 9, window: '1m' },
      { ...options, limits: { memory, ...more } }
    )
  const redis: LimitStore = {
    consume: async (questions) => memory.consume(questions),
    charge: async (questions) => memory.charge(questions),
    peek: async (questions) => memory.peek(questions)
  }
  for (const made of [await bench(), await bench({ redis })]) {
    await made.inject('/')
    await made.close()
  }
  t.same(turns, ['at once', 'later'])
})

t.test('all limits of a request are one question to the store', async (t) => {
  const asked: number[] = []
  const counting: LimitStore = {
    consume(questions) {
      asked.push(questions.length)
      return memory.consume(questions)
    },
    charge: () => void t.fail('nothing is charged'),
    peek: () => []
  }
  const limits = ['a', 'b', 'c'].map((name) => ({ name, limit: 9, window: '1m' }))
  const { inject, close } = await testPlugin(rateLimit, { limits }, { limits: { memory: counting } })
  t.teardown(close)
  await inject('/')
  t.same(asked, [3])
})

t.test('a plugin behind this one counts windows of its own in the same store', async (t) => {
  const seen: unknown[] = []
  const made = await testPlugin(
    {
      ...rateLimit,
      async register(app: FastifyInstance, config, deps) {
        await rateLimit.register(app, config as RateLimitConfig, deps)
        const limit = app.createRateLimit({ max: 2, timeWindow: 1000, keyGenerator: () => 'anybody' })
        app.addHook('onRequest', async (request) => {
          const answer = await limit(request)
          if (!answer.isAllowed) seen.push([answer.remaining, answer.ttlInSeconds, answer.isExceeded])
        })
      }
    },
    { limit: 9, window: '1m' },
    { isShared: false }
  )
  t.teardown(made.close)
  for (let i = 0; i < 3; i++) await made.inject('/')
  t.same(seen, [
    [1, 1, false],
    [0, 1, false],
    [0, 1, true]
  ])
})

t.test('costs that cannot be charged in Redis are charged here, and counted as its errors', async (t) => {
  const away = new StoreUnavailable('timeout', 'away')
  const charged: number[] = []
  const redis: LimitStore = { consume: async (questions) => memory.consume(questions), charge: () => Promise.reject(away), peek: async () => [] }
  const local: LimitStore = {
    consume() {
      t.fail('Redis is there when it is asked')
      return []
    },
    charge: (questions) => void charged.push(...questions.map(({ cost }) => cost)),
    peek: () => []
  }
  const { inject, counters, close } = await testPlugin(
    rateLimit,
    { limit: 9, window: '1m', cost: { responseHeader: 'x-cost', default: 2 } },
    { limits: { memory: local, redis }, answer: { headers: { 'x-cost': '7' } } }
  )
  t.teardown(close)
  t.equal((await inject('/')).statusCode, 200)
  t.same(charged, [5])
  t.equal(counters.get('rate_limit_store_errors_total{policy="test",reason="timeout"}'), 1)
})
