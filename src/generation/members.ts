import { createHash } from 'node:crypto'
import type { EndpointPlan, UpstreamPlan } from '../config/plan.ts'
import type { Clock } from '../plugin-api/index.ts'
import { createEndpointSet } from '../policy/health/endpoint-set.ts'
import type { CheckStatus, EndpointSet, EndpointSetRule, HealthEvent } from '../policy/health/types.ts'
import type { Endpoint } from '../proxy/ports.ts'
import type { HealthMetrics } from '../telemetry/metrics.ts'
import { type EndpointConnections, EndpointState } from './endpoint-state.ts'
import type { StateLease } from './registry.ts'

export interface EndpointOptions extends Pick<UpstreamPlan['timeouts'], 'connectMs' | 'responseMs'> {
  readonly origin: string
  readonly tls: UpstreamPlan['tls']
}

/** The active checks of one endpoint; implemented by `src/upstream/`. */
export interface EndpointChecks {
  readonly status: CheckStatus
  /** Why the status is what it is. */
  readonly reason: string
  /** Resolves when the first check has been made, well or not. */
  readonly ready: Promise<void>
  onStatus: ((status: CheckStatus, reason: string) => void) | null
  stop(): void
}

export interface ChecksOptions {
  readonly origin: string
  readonly rule: NonNullable<UpstreamPlan['healthCheck']>
  readonly tls: UpstreamPlan['tls']
}

/** Endpoints that come and go; implemented by `src/discovery/`. */
export interface DiscoveredService {
  /** Keeps its identity until it changes. */
  readonly instances: readonly EndpointPlan[]
  /** Whether there has been an answer, or a list from before. */
  readonly isKnown: boolean
  /** Resolves when it is known. */
  readonly ready: Promise<void>
  /** Calls back after each change of `instances`; returns the end of it. */
  subscribe(run: () => void): () => void
}

export interface MemberServices {
  readonly lease: StateLease
  /** A hold on state of its own, for endpoints that go before their generation does. */
  readonly newLease: () => StateLease
  readonly clock: Clock
  readonly random: () => number
  readonly connect: (options: EndpointOptions) => EndpointConnections
  /** Starts the active checks of one endpoint. */
  readonly check: (options: ChecksOptions) => EndpointChecks
  readonly onHealth: (upstream: string, event: HealthEvent) => void
}

/** The endpoints of one moment, with the state that they hold. */
interface Placement {
  readonly plans: readonly EndpointPlan[]
  readonly states: readonly EndpointState[]
  readonly checks: readonly (EndpointChecks | null)[]
  readonly lease: StateLease
}

/** Whose endpoints an upstream has now: of the generations that run beside each other, the latest. */
interface Seat {
  owner: Members | null
}

/**
 * The endpoints of an upstream, as its generation wants them: those of the document, or those that are discovered, which change without
 * a new generation. What is known of an endpoint belongs to its address and outlives both.
 */
export class Members {
  readonly endpoints: EndpointSet<Endpoint>
  /** Resolves when every endpoint of the beginning has been checked once. */
  readonly checked: Promise<unknown>
  readonly #plan: UpstreamPlan
  readonly #rule: EndpointSetRule
  readonly #services: MemberServices
  readonly #service: DiscoveredService | null
  readonly #seat: Seat
  #listed: readonly EndpointPlan[]
  #placement: Placement
  #unsubscribe: (() => void) | null = null

  constructor(plan: UpstreamPlan, rule: EndpointSetRule, service: DiscoveredService | null, services: MemberServices, metrics: HealthMetrics) {
    this.#plan = plan
    this.#rule = rule
    this.#services = services
    this.#service = service
    const { lease } = services
    this.#seat = lease.take<Seat>(`seat:${plan.name}`, () => ({ owner: null }))
    this.#listed = this.#list()
    this.#placement = this.#place()
    this.endpoints = lease.take<EndpointSet<Endpoint>>(`endpoints:${plan.name}`, () => this.#createSet(metrics))
    this.checked = Promise.all(this.#placement.checks.flatMap((check) => (check === null ? [] : [check.ready])))
    lease.onRelease(() => this.#leave())
  }

  /** From now on the upstream has these endpoints. Once, at the moment of the swap. */
  activate(): void {
    const before = this.#seat.owner
    before?.stand()
    this.#seat.owner = this
    // Nothing is known of the service yet: better those of the generation before than none.
    if (before !== null && this.#service?.isKnown === false) [this.#placement, before.#placement] = [before.#placement, this.#placement]
    this.#settle()
    this.#unsubscribe = this.#service?.subscribe(() => this.#update()) ?? null
    this.#update()
  }

  /** Follows its service no more; whoever has the seat does. */
  stand(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = null
  }

  #leave(): void {
    this.stand()
    if (this.#seat.owner === this) this.#seat.owner = null
    this.#placement.lease.release()
  }

  #list(): readonly EndpointPlan[] {
    return this.#service?.instances ?? this.#plan.endpoints
  }

  #update(): void {
    const listed = this.#list()
    if (listed === this.#listed) return
    this.#listed = listed
    const before = this.#placement
    this.#placement = this.#place()
    this.#settle()
    // Connections of those that are gone are closed when their last request has ended.
    before.lease.release()
  }

  #place(): Placement {
    const lease = this.#services.newLease()
    const plans = this.#listed.filter(({ weight }) => weight > 0)
    const states = plans.map((endpoint) => this.#takeState(lease, endpoint))
    return { plans, states, lease, checks: plans.map(({ origin }) => this.#takeChecks(lease, origin)) }
  }

  /** Lets a placement take effect on the set that generations share. */
  #settle(): void {
    const { plans, states, checks } = this.#placement
    const { clock } = this.#services
    const now = clock.now()
    takeOver(this.endpoints.members as readonly EndpointState[], states, plans, now)
    this.endpoints.replace(states, this.#rule, now)
    for (const [index, { key }] of states.entries()) follow(this.endpoints, key, checks[index] ?? null, clock)
  }

  /** Settings that need new connections are part of the key; everything else may change under a living pool. */
  #takeState(lease: StateLease, { origin, weight, zone }: EndpointPlan): EndpointState {
    const { name, tls, timeouts } = this.#plan
    const { connectMs, responseMs } = timeouts
    return lease.take(
      `endpoint:${name}:${origin}:${settingsKey([tls, connectMs, responseMs])}`,
      () => new EndpointState(origin, weight, zone, this.#services.connect({ origin, connectMs, responseMs, tls })),
      (state) => {
        void state.transport.close()
      }
    )
  }

  #takeChecks(lease: StateLease, origin: string): EndpointChecks | null {
    const { name, healthCheck: rule, tls } = this.#plan
    if (rule === null) return null
    return lease.take(
      `checks:${name}:${origin}:${settingsKey([rule, tls])}`,
      () => this.#services.check({ origin, rule, tls }),
      (checks) => checks.stop()
    )
  }

  #createSet(metrics: HealthMetrics): EndpointSet<Endpoint> {
    const { clock, random, onHealth } = this.#services
    const set: EndpointSet<Endpoint> = createEndpointSet<Endpoint>(this.#placement.states, this.#rule, random, clock.now(), (event) => {
      // What comes back starts slowly again.
      if (event.kind === 'recovered' || event.kind === 'healthy') {
        const back = set.members.find(({ key }) => key === event.key) as EndpointState | undefined
        if (back !== undefined) back.sinceMs = clock.now()
      }
      if (event.kind === 'ejected') metrics.ejected(event.reason)
      onHealth(this.#plan.name, event)
    })
    return set
  }
}

function settingsKey(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 16)
}

/** Weights and zones of the new list; an address that was there before goes on as it was, a new one starts now. */
function takeOver(before: readonly EndpointState[], after: readonly EndpointState[], plans: readonly EndpointPlan[], now: number): void {
  const known = new Map(before.map((state) => [state.key, state]))
  for (const [index, state] of after.entries()) {
    const plan = plans[index] as EndpointPlan
    state.weight = plan.weight
    state.zone = plan.zone
    const old = known.get(state.key)
    if (old === undefined) state.sinceMs = now
    else if (old !== state) state.inherit(old)
  }
}

function follow(endpoints: EndpointSet<Endpoint>, key: string, checks: EndpointChecks | null, clock: Clock): void {
  if (checks === null) {
    endpoints.check(key, 'unchecked', clock.now(), '')
    return
  }
  endpoints.check(key, checks.status, clock.now(), checks.reason)
  checks.onStatus = (status, reason) => endpoints.check(key, status, clock.now(), reason)
}
