import { fastify } from 'fastify'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type FaultSettings, noFaults } from '../../samples/kit/fault-settings.ts'
import { drawFate, type FaultSetup, registerFaults } from '../../samples/kit/faults.ts'
import { seededRandom } from '../../samples/kit/seeded-random.ts'
import type { ServiceApp } from '../../samples/kit/type-provider.ts'
import { buildProductsApp } from '../../samples/products/app.ts'
import fc from '../support/property.ts'
import { get, listen, post, serviceOptions } from './shop.ts'
import { startProcess } from './service-process.ts'

const product = { name: 'Rope', priceCents: 100 }

interface Wait {
  ms: number
  signal: AbortSignal
  end: () => void
}

/** A products service whose luck is always `luck`, and whose delays end when the test says so. */
async function startFaulty(t: Test, settings: Partial<FaultSettings>, luck = 0) {
  const drawn = Promise.withResolvers<void>()
  const waits: Wait[] = []
  const waiting = Promise.withResolvers<Wait>()
  const faults: FaultSetup = {
    initial: { ...noFaults, ...settings },
    token: null,
    random() {
      drawn.resolve()
      return luck
    },
    async delay(ms, signal) {
      const ended = Promise.withResolvers<void>()
      const wait = { ms, signal, end: ended.resolve }
      signal.addEventListener('abort', () => ended.reject(signal.reason as Error))
      waits.push(wait)
      waiting.resolve(wait)
      await ended.promise
    }
  }
  const app = buildProductsApp(serviceOptions({ faults }))
  const url = await listen(t, app)
  return { app, url, waits, drawn: drawn.promise, waiting: waiting.promise }
}

/** What became of a request that has got no answer. */
async function endOf(url: string): Promise<string | undefined> {
  const [error] = (await once(request(url).end(), 'error')) as [NodeJS.ErrnoException]
  return error.code
}

t.test('an error is a problem, with Retry-After only when one is set, and nothing was done', async (t) => {
  const { url } = await startFaulty(t, { errorRate: 0.5, hangRate: 0.1, resetRate: 0.1 }, 0.69)
  const failed = await post(`${url}/products`, product)
  t.equal(failed.status, 503)
  t.match(failed.headers.get('content-type') ?? '', /^application\/problem\+json/)
  t.equal(failed.headers.get('x-instance'), 'test-1')
  t.equal(failed.headers.get('retry-after'), null)
  t.match(failed.body, { title: 'Injected fault', status: 503 })
  t.equal((await get(`${url}/nowhere`)).status, 503, 'also where no route is')
  t.equal((await get(`${url}/health`)).status, 200, 'the health check is spared')

  const polite = await startFaulty(t, { errorRate: 1, errorStatus: 429, retryAfterSeconds: 2, health: true })
  const told = await get(`${polite.url}/health`)
  t.same([told.status, told.headers.get('retry-after')], [429, '2'], 'the health check suffers when it is told to')
})

t.test('what fails on purpose has changed nothing', async (t) => {
  const luck = [0.5, 0, 0.5, 0]
  const options = serviceOptions({
    faults: { initial: { ...noFaults, errorRate: 0.9 }, token: null, random: () => luck.shift() ?? 0.95, delay: async () => {} }
  })
  const url = await listen(t, buildProductsApp(options))
  t.equal((await post(`${url}/products`, product)).status, 503)
  t.equal((await post(`${url}/products`, product)).status, 503)
  t.equal((await get(`${url}/products`)).body.total, 5)
  t.equal((await post(`${url}/products`, product)).status, 201)
})

t.test('a reset is a reset, not an end', async (t) => {
  const { url } = await startFaulty(t, { resetRate: 1 })
  // On a bare connection: a client of HTTP says ECONNRESET for an early end as well.
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const ended = Promise.withResolvers<string>()
  socket.on('end', () => ended.resolve('end')).on('error', (error: NodeJS.ErrnoException) => ended.resolve(`${error.syscall} ${error.code}`))
  socket.resume().write('POST /products HTTP/1.1\r\nhost: shop\r\ncontent-length: 9\r\n\r\n')
  t.equal(await ended.promise, 'read ECONNRESET')
})

t.test('latency comes before the answer, and before an error as well', async (t) => {
  for (const [settings, status] of [
    [{}, 200],
    [{ errorRate: 1 }, 503]
  ] as const) {
    const { url, waiting, waits } = await startFaulty(t, { latencyMs: 200, jitterMs: 50, ...settings }, 0.75)
    const order: string[] = []
    const answer = get(`${url}/products`).then((answered) => {
      order.push('answer')
      return answered
    })
    const wait = await waiting
    t.equal(wait.ms, 225)
    order.push('delay')
    wait.end()
    t.equal((await answer).status, status)
    t.same(order, ['delay', 'answer'])
    t.equal(waits.length, 1)
  }
})

t.test('a client that goes away leaves nothing behind, and the handler is not asked', async (t) => {
  for (const [settings, body, held] of [
    [{ latencyMs: 60_000 }, '', 'a delay'],
    // More than a server takes in that does not read: it would not see the client go either.
    [{ hangRate: 1 }, 'x'.repeat(1_000_000), 'a hang']
  ] as const) {
    const app: ServiceApp = fastify()
    const drawn = Promise.withResolvers<void>()
    const faults = registerFaults(app, {
      initial: { ...noFaults, ...settings },
      token: null,
      random() {
        // Held right after the draws, in the same turn.
        setImmediate(drawn.resolve)
        return 0
      },
      delay: (ms, signal) => delay(ms, undefined, { signal })
    })
    let asked = 0
    app.all('/', async () => ++asked)
    const url = await listen(t, app)
    const connection = once(app.server, 'connection') as Promise<[Socket]>
    const sent = request(url, { method: body === '' ? 'GET' : 'POST', headers: { 'content-length': body.length } }).on('error', () => {})
    sent.end(body)
    const [socket] = await connection
    await drawn.promise
    t.equal(faults.held, 1, held)
    const closed = once(socket, 'close')
    sent.destroy()
    await closed
    await new Promise(setImmediate)
    t.same([faults.held, asked], [0, 0], held)
  }
})

t.test('a stop answers what is delayed at once, and does not wait for what hangs', async (t) => {
  const delayed = await startFaulty(t, { latencyMs: 60_000 })
  const answer = get(`${delayed.url}/products`)
  await delayed.waiting
  await delayed.app.close()
  t.equal((await answer).status, 200)

  const hung = await startFaulty(t, { hangRate: 1 })
  const end = endOf(`${hung.url}/products`)
  await hung.drawn
  await hung.app.close()
  t.equal(await end, 'ECONNRESET')
})

t.test('a service with a request that hangs stops with exit code 0', async (t) => {
  const service = await startProcess(t, 'products', { DATA_DIR: ':memory:', LOG_LEVEL: 'debug', FAULTS: 'hang=100%' })
  const hangs = Promise.withResolvers<void>()
  service.child.stderr.on('data', (chunk: Buffer) => {
    if (chunk.includes('"fault":"hang"')) hangs.resolve()
  })
  const end = endOf(`${service.url}/products`)
  await hangs.promise
  service.child.kill('SIGTERM')
  t.equal(await end, 'ECONNRESET')
  t.equal(await service.exit, 0)
})

t.test('rates are shares of all requests, and a seed makes a sequence', async (t) => {
  const settings = { ...noFaults, latencyMs: 100, jitterMs: 40, errorRate: 0.2, resetRate: 0.05, hangRate: 0.01 }
  const draws = 20_000
  const draw = (seed: number) => {
    const random = seededRandom(seed)
    return Array.from({ length: draws }, () => drawFate(settings, random))
  }
  const fates = draw(42)
  const share = (kind: string) => fates.filter((fate) => fate.kind === kind).length / draws
  for (const [kind, rate] of [
    ['error', 0.2],
    ['reset', 0.05],
    ['hang', 0.01],
    ['answer', 0.74]
  ] as const) {
    // Four standard deviations: with this seed the outcome is fixed, with another it is nearly certain.
    t.ok(Math.abs(share(kind) - rate) < 4 * Math.sqrt((rate * (1 - rate)) / draws), `${kind} ${share(kind)}`)
  }
  const delays = fates.filter((fate) => fate.kind !== 'hang').map((fate) => fate.delayMs)
  t.ok(delays.every((ms) => ms >= 60 && ms < 140))
  t.ok(Math.min(...delays) < 61 && Math.max(...delays) > 139, 'the whole spread is used')
  // As text: tap would look for the least difference between long lists, for minutes.
  t.ok(JSON.stringify(draw(42)) === JSON.stringify(fates))
  t.notOk(JSON.stringify(draw(43)) === JSON.stringify(fates))
})

t.test('with a seed, a request that fails goes on failing when a rate grows', async () => {
  const rate = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(rate, rate, fc.integer(), (one, other, seed) => {
      const kinds = (errorRate: number) => {
        const random = seededRandom(seed)
        return Array.from({ length: 50 }, () => drawFate({ ...noFaults, errorRate }, random).kind)
      }
      const many = kinds(Math.max(one, other))
      return kinds(Math.min(one, other)).every((kind, n) => kind === 'answer' || many[n] === 'error')
    })
  )
})
