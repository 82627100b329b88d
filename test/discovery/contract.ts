import type { Test } from 'tap'
import type { Answer, Observer, Provider } from '../../src/discovery/types.ts'
import { eventually } from '../support/client.ts'

/** One instance as the suite registers it. The port differs between instances of a service. */
export interface Registration {
  readonly host: string
  readonly port: number
  readonly weight?: number
  readonly zone?: string
}

/** A registry, real or faithful to it, and the provider that follows it. */
export interface Harness<Query> {
  readonly provider: Provider<Query>
  /** What to ask for to see the instances of a service of that name, lower-case letters and hyphens. */
  query(service: string): Query
  /** Adds an instance or, by host and port, changes it. */
  register(service: string, registration: Registration): Promise<unknown>
  deregister(service: string, registration: Registration): Promise<unknown>
  /** Adds an entry that cannot be an instance; absent when the registry refuses any. */
  spoil?(service: string): Promise<unknown>
  /** Makes the registry unreachable. */
  down(): Promise<unknown>
  /** Makes it reachable again, with all that was registered. */
  up(): Promise<unknown>
  /** Whether it can tell weights and zones; default true. */
  readonly hasWeights?: boolean
  /** Longest time until a change is seen, ms. Default 5000. */
  readonly limitMs?: number
  /** Host of all instances; default 127.0.0.1. */
  readonly host?: string
}

/** What one source has said so far. */
export class Recorder implements Observer {
  readonly answers: Answer[] = []
  readonly failures: Error[] = []

  onAnswer(answer: Answer): void {
    this.answers.push(answer)
  }

  onFailure(error: Error): void {
    this.failures.push(error)
  }

  get last(): Answer | undefined {
    return this.answers.at(-1)
  }

  /** Origins of the last answer, sorted. */
  get origins(): readonly string[] | undefined {
    return this.last?.instances.map(({ origin }) => origin).toSorted()
  }
}

/** Holds a provider to what every provider must do. Each behaviour gets a registry of its own from `start`. */
export function discoveryContract<Query>(t: Test, start: (t: Test) => Promise<Harness<Query>>): void {
  const behaviour = (name: string, run: (t: Test, harness: Harness<Query>, watch: Watch) => Promise<void>): void => {
    void t.test(name, async (t) => {
      const harness = await start(t)
      const recorders: (() => void)[] = []
      t.teardown(() => {
        for (const stop of recorders) stop()
        harness.provider.close()
      })
      await run(t, harness, (service) => {
        const recorder = new Recorder()
        const source = harness.provider.watch(harness.query(service), recorder)
        recorders.push(() => source.stop())
        return Object.assign(recorder, { source })
      })
    })
  }
  const soon = (harness: Harness<Query>, check: () => unknown) => eventually(check, harness.limitMs ?? 5000)
  const one = (harness: Harness<Query>, port: number, more: Partial<Registration> = {}): Registration => ({
    host: harness.host ?? '127.0.0.1',
    port,
    ...more
  })
  const origins = (harness: Harness<Query>, ...ports: number[]) => ports.map((port) => `http://${harness.host ?? '127.0.0.1'}:${port}`)
  const shows = (harness: Harness<Query>, watched: Recorder, ...ports: number[]) =>
    soon(harness, () => JSON.stringify(watched.origins) === JSON.stringify(origins(harness, ...ports)))

  behaviour('a service is told as it is when it is first asked for', async (t, harness, watch) => {
    await harness.register('orders', one(harness, 8001))
    await harness.register('orders', one(harness, 8002))
    await harness.register('other', one(harness, 8003))
    const watched = watch('orders')
    t.equal(watched.answers.length, 0, 'not before `watch` has returned')
    await shows(harness, watched, 8001, 8002)
    t.match(watched.last, { skipped: [] })
    t.strictSame(watched.failures, [])
  })

  behaviour('instances that come, go and come back are told', async (t, harness, watch) => {
    await harness.register('orders', one(harness, 8001))
    const watched = watch('orders')
    await shows(harness, watched, 8001)
    await harness.register('orders', one(harness, 8002))
    await shows(harness, watched, 8001, 8002)
    await harness.deregister('orders', one(harness, 8001))
    await shows(harness, watched, 8002)
    await harness.register('orders', one(harness, 8001))
    await shows(harness, watched, 8001, 8002)
    t.strictSame(watched.failures, [])
  })

  behaviour('a weight or a zone that changes is told', async (t, harness, watch) => {
    if (harness.hasWeights === false) return void t.pass('this registry knows neither')
    await harness.register('orders', one(harness, 8001, { weight: 3, zone: 'north' }))
    const watched = watch('orders')
    await soon(harness, () => watched.last !== undefined)
    t.match(watched.last?.instances, [{ weight: 3, zone: 'north' }])
    await harness.register('orders', one(harness, 8001, { weight: 7, zone: 'south' }))
    await soon(harness, () => watched.last?.instances[0]?.weight === 7)
    t.match(watched.last?.instances, [{ weight: 7, zone: 'south' }])
  })

  behaviour('a service that nobody has registered is an empty answer, not a failure', async (t, harness, watch) => {
    const watched = watch('nobody')
    await soon(harness, () => watched.answers.length > 0)
    t.match(watched.last, { instances: [], skipped: [] })
    t.strictSame(watched.failures, [])
    await harness.register('nobody', one(harness, 8001))
    await shows(harness, watched, 8001)
  })

  behaviour('an entry that cannot be read costs the others nothing', async (t, harness, watch) => {
    if (harness.spoil === undefined) return void t.pass('this registry refuses such entries itself')
    await harness.register('orders', one(harness, 8001))
    await harness.spoil('orders')
    await harness.register('orders', one(harness, 8002))
    const watched = watch('orders')
    await shows(harness, watched, 8001, 8002)
    await soon(harness, () => watched.last?.skipped.length === 1)
    t.ok((watched.last?.skipped[0]?.entry ?? '') !== '' && (watched.last?.skipped[0]?.reason ?? '') !== '', 'says which and why')
  })

  behaviour('a registry that is away is a failure and no answer, and is found again', async (t, harness, watch) => {
    await harness.register('orders', one(harness, 8001))
    const watched = watch('orders')
    await shows(harness, watched, 8001)
    await harness.down()
    await soon(harness, () => watched.failures.length > 0)
    const before = watched.answers.length
    t.ok((watched.failures[0]?.message ?? '').length > 5, String(watched.failures[0]?.message))
    t.ok(
      watched.answers.every(({ instances }) => instances.length === 1),
      'nobody was told that the service is empty'
    )
    await harness.up()
    await eventually(() => watched.answers.length > before, 15_000)
    await shows(harness, watched, 8001)
    await harness.register('orders', one(harness, 8002))
    await shows(harness, watched, 8001, 8002)
  })

  behaviour('a registry that is away at the start is found when it comes', async (t, harness, watch) => {
    await harness.register('orders', one(harness, 8001))
    await harness.down()
    const watched = watch('orders')
    await soon(harness, () => watched.failures.length > 0)
    t.strictSame(watched.answers, [])
    await harness.up()
    await eventually(() => watched.answers.length > 0, 15_000)
    await shows(harness, watched, 8001)
  })

  behaviour('whoever asks for a refresh gets an answer, equal or not', async (t, harness, watch) => {
    await harness.register('orders', one(harness, 8001))
    const watched = watch('orders')
    await shows(harness, watched, 8001)
    const before = watched.answers.length
    watched.source.refresh()
    await soon(harness, () => watched.answers.length > before)
    await shows(harness, watched, 8001)
  })

  behaviour('two services are followed independently, and nothing is told after the end', async (t, harness, watch) => {
    const [orders, users] = [watch('orders'), watch('users')]
    await harness.register('orders', one(harness, 8001))
    await harness.register('users', one(harness, 8002))
    await shows(harness, orders, 8001)
    await shows(harness, users, 8002)
    orders.source.stop()
    const told = orders.answers.length + orders.failures.length
    await harness.register('orders', one(harness, 8003))
    await harness.register('users', one(harness, 8004))
    await shows(harness, users, 8002, 8004)
    t.equal(orders.answers.length + orders.failures.length, told)
  })
}

type Watch = (service: string) => Recorder & { readonly source: { refresh(): void; stop(): void } }
