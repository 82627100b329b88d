import { OWN_BREAKERS } from '../generation/policies.ts'
import type { RoutePlan, UpstreamPlan } from '../config/plan.ts'
import { takeBreaker, takeBulkhead } from '../generation/policies.ts'
import { createUpstream, type UpstreamServices } from '../generation/upstreams.ts'
import type { ExchangeServices } from '../proxy/exchange.ts'
import { OpenStreams } from '../proxy/open-streams.ts'
import type { UpstreamRequest } from '../proxy/ports.ts'
import type { RouteRuntime, UpstreamMetrics, UpstreamRuntime } from '../proxy/route-runtime.ts'
import { Sweep } from '../proxy/sweep.ts'
import { LeasedStore } from '../stores/leases/leased-store.ts'
import { createMemoryStore } from '../stores/memory/memory-store.ts'
import { MemoryPermits } from '../stores/memory/permits.ts'
import type { BreakerMetrics, HealthMetrics, Metrics, Series } from '../telemetry/metrics.ts'
import { type Client, CLIENT_FIELD } from './client.ts'
import { DistantStore } from './distant-store.ts'
import { Entrance } from './entrance.ts'
import { pluginServices } from './plugin-services.ts'
import { SeededRandom } from './random.ts'
import { type MarkKind, RunRecord } from './record.ts'
import type { Scenario, StoreState } from './scenario.ts'
import { startChecks } from './scripted-checks.ts'
import { type EndpointObserver, ScriptedEndpoint } from './scripted-endpoint.ts'
import { CountedClock, VirtualClock } from './virtual-clock.ts'
import { WatchedLimits } from './watched-limits.ts'
import { WatchedState } from './watched-policies.ts'

/** More than there are client addresses: nobody is given up for another. */
const MAX_KEYS = 1_000_000
const MAX_LIMIT_BYTES = 2 ** 30

/** One run's upstreams and routes, built as a generation builds them, over scripted endpoints and a virtual time. */
export class World implements EndpointObserver {
  readonly scenario: Scenario
  readonly clock = new VirtualClock()
  /** The clock as the gateway sees it: what it leaves behind is noticed. */
  readonly gatewayClock = new CountedClock(this.clock)
  readonly random: SeededRandom
  readonly state = new WatchedState()
  readonly record = new RunRecord(this.clock.startMs)
  readonly endpoints: ReadonlyMap<string, ScriptedEndpoint>
  readonly upstreams = new Map<string, UpstreamRuntime>()
  /** One for each load. */
  readonly routes: readonly RouteRuntime[]
  /** One for each load. */
  readonly entrances: readonly Entrance[]
  readonly clients: Client[] = []
  readonly exchangeServices: ExchangeServices
  /** Asked before an attempt goes out. */
  onAttempt: ((client: Client, endpoint: ScriptedEndpoint) => void) | null = null
  readonly #memory: WatchedLimits
  readonly #redis: DistantStore | null
  readonly #leased: LeasedStore | null
  readonly #stopChecks: (() => void)[] = []
  /** By number of the attempt. */
  readonly #clientOf: Client[] = []

  constructor(scenario: Scenario, seed: number) {
    this.scenario = scenario
    this.random = new SeededRandom(seed)
    this.endpoints = this.#createEndpoints()
    const gatewayRandom = this.random.fork('gateway')
    this.exchangeServices = {
      clock: this.gatewayClock,
      random: gatewayRandom,
      generation: 'simulation',
      defer: this.clock.defer,
      onComplete: () => {},
      sweep: new Sweep(this.clock),
      onClientTimeout: () => {},
      streams: new OpenStreams(this.gatewayClock, gatewayRandom, { opened() {}, closed() {} }),
      onTrouble: () => {}
    }
    this.routes = this.#build(this.#services(gatewayRandom))
    this.entrances = this.routes.map(() => new Entrance())
    this.#memory = this.#newLimits()
    const services = { clock: this.clock, onSettled: () => this.clock.pause() }
    this.#redis = scenario.redis === null ? null : new DistantStore(this.#newLimits(), scenario.redis, services)
    this.#leased = this.#redis === null ? null : new LeasedStore(this.#redis, { clock: this.clock })
  }

  /** Registers the plugins of all loads, as a generation does before it takes requests. */
  async openEntrances(): Promise<void> {
    const { plan } = this.scenario
    const limits = { memory: this.#memory, redis: this.#leased, permits: { memory: new MemoryPermits(), redis: null } }
    for (const [index, entrance] of this.entrances.entries()) {
      const services = { ...pluginServices(this, index, limits), random: this.exchangeServices.random, consumers: plan.consumers }
      await entrance.open(plan.routes[index] as RoutePlan, this.routes[index] as RouteRuntime, services)
    }
  }

  changeStore(state: StoreState): void {
    if (this.#redis !== null) this.#redis.state = state
  }

  /** Time since the start, ms. */
  get elapsedMs(): number {
    return this.clock.now() - this.clock.startMs
  }

  stopChecks(): void {
    for (const stop of this.#stopChecks) stop()
  }

  onBegin(endpoint: ScriptedEndpoint, request: UpstreamRequest): number {
    const at = request.headers.indexOf(CLIENT_FIELD)
    const client = this.clients[Number(request.headers[at + 1])] as Client
    client.attempts++
    this.onAttempt?.(client, endpoint)
    this.#clientOf.push(client)
    return this.record.attempts.push({ upstream: client.exchange.route.upstream ?? '', endpoint: endpoint.name, startedMs: this.elapsedMs }) - 1
  }

  onOver(): void {}

  isBodySent(attempt: number): boolean {
    return this.#clientOf[attempt]?.bodyWasSent === true
  }

  onBodyMoved(attempt: number, run: () => void): void {
    this.#clientOf[attempt]?.onBodyMoved(run)
  }

  onDefect(text: string): void {
    this.record.defect('a body was not relayed as it was', text)
  }

  #newLimits(): WatchedLimits {
    const store = createMemoryStore({ maxKeys: MAX_KEYS, maxBytes: MAX_LIMIT_BYTES, clock: this.clock })
    return new WatchedLimits(
      store,
      () => this.clock.now(),
      (detail) => this.record.defect('a limit was exceeded', detail)
    )
  }

  #createEndpoints(): ReadonlyMap<string, ScriptedEndpoint> {
    const services = { clock: this.clock, defer: this.clock.defer, observer: this }
    return new Map(
      [...this.scenario.endpoints].map(([name, behaviour]) => [
        name,
        new ScriptedEndpoint(name, behaviour, { ...services, random: this.random.fork(`endpoint ${name}`) })
      ])
    )
  }

  #services(random: SeededRandom): UpstreamServices {
    const metrics: Pick<Metrics, 'upstream' | 'breaker'> = {
      upstream: (name) => ({ metrics: this.#metrics(name), remove() {} }),
      breaker: (): Series<BreakerMetrics> => ({ metrics: { transition() {} }, remove() {} })
    }
    const checksRandom = this.random.fork('checks')
    return {
      lease: this.state,
      newLease: () => this.state,
      discover: () => {
        throw new TypeError('scenarios have endpoints of their own')
      },
      metrics: metrics as Metrics,
      clock: this.gatewayClock,
      random: () => random.next(),
      zone: this.scenario.plan.zone,
      breakerMemories: OWN_BREAKERS,
      connect: (options) => Object.assign(this.#endpoint(options.origin).connect(options), { close: () => Promise.resolve() }),
      check: ({ origin, rule }) => {
        const checks = startChecks(this.#endpoint(origin), rule, this.clock, checksRandom)
        this.#stopChecks.push(() => checks.stop())
        return checks
      },
      onHealth: (upstream, event) => this.record.health.push({ upstream, event, atMs: this.elapsedMs }),
      onBreaker: (owner, transition) => this.record.breakers.push({ ...transition, owner, atMs: this.elapsedMs }),
      upstream: (name) => this.upstreams.get(name) ?? null
    }
  }

  #endpoint(origin: string): ScriptedEndpoint {
    return this.endpoints.get(new URL(origin).host) as ScriptedEndpoint
  }

  #build(services: UpstreamServices): readonly RouteRuntime[] {
    const { plan } = this.scenario
    const built = plan.upstreams.map((upstream: UpstreamPlan) => createUpstream(upstream, services))
    for (const { runtime } of built) this.upstreams.set(runtime.name, runtime)
    for (const one of built) one.activate()
    return plan.routes.map((route): RouteRuntime => {
      const owner = { upstream: '', route: route.match.name }
      const [breaker, bulkhead] = [takeBreaker(route.breaker, owner, services), takeBulkhead(route.bulkhead, owner, services)]
      breaker.activate()
      bulkhead.activate()
      return {
        id: route.match.id,
        names: { name: route.match.name, upstream: route.upstream },
        upstream: this.upstreams.get(route.upstream) ?? null,
        breaker: breaker.policy,
        bulkhead: bulkhead.policy,
        rewrite: null,
        allowEncodedSlash: false,
        hasPlugins: route.plugins.length > 0,
        entry: '',
        maxBodyBytes: plan.limits.maxBodyBytes,
        bodyIdleMs: plan.clientTimeouts.bodyIdleMs,
        uploadRate: plan.clientTimeouts.uploadRate,
        bufferBytes: route.bufferBytes,
        responseEdits: [],
        metrics: { complete() {} }
      }
    })
  }

  #metrics(upstream: string): UpstreamMetrics & HealthMetrics {
    const mark = (kind: MarkKind, reason: string): void => {
      this.record.marks.push({ kind, upstream, reason, atMs: this.elapsedMs })
    }
    return {
      attempt() {},
      ejected() {},
      retry: (reason) => mark('retry', reason),
      retryRefused: (reason) => mark('retry-refused', reason),
      breakerRejected: () => mark('breaker-rejected', ''),
      bulkheadRejected: () => mark('bulkhead-rejected', ''),
      fallback: (cause) => mark('fallback', cause)
    }
  }
}
