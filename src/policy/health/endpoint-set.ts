import { RollingWindow } from '../window/rolling-window.ts'
import { availabilityOf, ejectionReason, type Health, isChecked, newHealth, OTHERS_PROBE_MS, takeIn, takeOut } from './member-health.ts'
import type { Availability, CheckStatus, EndpointSet, EndpointSetRule, HealthEvent, HealthKnowledge, Member, OutlierRule } from './types.ts'

/** Envoy's overprovisioning factor: the local zone takes all of the load until fewer than 1/1.4 of its endpoints are usable. */
const OVERPROVISIONING = 1.4

/** @param random Uniform in [0, 1), for the share that spills over to other zones. @param onEvent Told of each change once. */
export function createEndpointSet<M extends Member>(
  members: readonly M[],
  rule: EndpointSetRule,
  random: () => number,
  now: number,
  onEvent: (event: HealthEvent) => void
): EndpointSet<M> {
  return new Endpoints(members, rule, random, now, onEvent)
}

class Endpoints<M extends Member> implements EndpointSet<M> {
  #members: readonly M[]
  #rule: EndpointSetRule
  readonly #random: () => number
  readonly #onEvent: (event: HealthEvent) => void
  readonly #health = new Map<string, Health>()
  /** What `usable` answers until `#nextChangeMs`; with a preferred zone the local ones, and the others besides. */
  #usable: readonly M[] = []
  #remote: readonly M[] = []
  #localShare = 1
  #isStale = true
  #nextChangeMs = Infinity
  #probing = 0
  #panicking = false

  constructor(members: readonly M[], rule: EndpointSetRule, random: () => number, now: number, onEvent: (event: HealthEvent) => void) {
    this.#members = members
    this.#rule = rule
    this.#random = random
    this.#onEvent = onEvent
    this.#adopt(now)
  }

  get members(): readonly M[] {
    return this.#members
  }

  get panicking(): boolean {
    return this.#panicking
  }

  replace(members: readonly M[], rule: EndpointSetRule, now: number): void {
    this.#members = members
    this.#rule = rule
    this.#adopt(now)
  }

  usable(now: number): readonly M[] {
    if (this.#isStale || now >= this.#nextChangeMs) this.#recompute(now)
    if (this.#localShare < 1 && this.#random() >= this.#localShare) return this.#remote
    return this.#usable
  }

  takeProbe(now: number, waitedMs = 0): M | null {
    if (this.#isStale || now >= this.#nextChangeMs) this.#recompute(now)
    if (this.#probing === 0) return null
    for (const member of this.#members) {
      const health = this.#health.get(member.key)
      if (health?.outlier !== 'probing' || health.probeRuns || now - health.untilMs < waitedMs + health.yieldMs || !isChecked(health)) continue
      health.probeRuns = true
      return member
    }
    return null
  }

  settle(key: string, result: 'success' | 'failure' | 'ignored', now: number): void {
    const { outlier } = this.#rule
    if (outlier === null) return
    const health = this.#health.get(key)
    if (health === undefined) return
    // Attempts that were sent before an ejection say nothing new.
    if (health.outlier === 'ejected' && now < health.untilMs) return
    if (health.outlier !== 'in') this.#settleProbe(key, health, outlier, result, now)
    else if (result !== 'ignored') this.#record(key, health, outlier, result === 'failure', now)
  }

  learn(knowledge: HealthKnowledge, now: number): boolean {
    const { outlier } = this.#rule
    const health = this.#health.get(knowledge.key)
    if (outlier === null || health === undefined) return false
    if (knowledge.kind === 'recovered') {
      if (health.outlier === 'in') return false
      takeIn(health, now)
    } else {
      // Of one that is out, only a later ejection is news: both may have found out the same.
      if (health.outlier === 'in' ? !this.#mayEject(health, outlier) : knowledge.ejections <= health.ejections) return false
      health.ejections = knowledge.ejections
      takeOut(health, now + knowledge.forMs, OTHERS_PROBE_MS * (1 + this.#random()))
    }
    this.#recompute(now)
    return true
  }

  check(key: string, status: CheckStatus, now: number, reason: string): void {
    const health = this.#health.get(key)
    if (health === undefined || health.check === status) return
    const before = health.check
    health.check = status
    this.#isStale = true
    if (status === 'unhealthy') this.#onEvent({ kind: 'unhealthy', key, reason })
    else if (status === 'healthy' && before === 'unhealthy') this.#onEvent({ kind: 'healthy', key })
    this.#recompute(now)
  }

  availability(key: string, now: number): Availability {
    if (this.#isStale || now >= this.#nextChangeMs) this.#recompute(now)
    const health = this.#health.get(key)
    return health === undefined ? 'unknown' : availabilityOf(health)
  }

  ejectedUntil(key: string): number {
    const health = this.#health.get(key)
    return health?.outlier === 'ejected' ? health.untilMs : 0
  }

  /** Forgets those that are gone, knows those that are new. */
  #adopt(now: number): void {
    const keys = new Set(this.#members.map(({ key }) => key))
    for (const key of this.#health.keys()) if (!keys.has(key)) this.#health.delete(key)
    const { outlier } = this.#rule
    for (const key of keys) {
      const health = this.#health.get(key) ?? newHealth(now)
      this.#health.set(key, health)
      if (outlier === null) {
        health.outlier = 'in'
        health.window = null
        health.failuresInRow = 0
      } else if (outlier.failureRatio === null) health.window = null
      else if (health.window === null) health.window = new RollingWindow(outlier.windowMs)
      else health.window.configure(outlier.windowMs)
    }
    this.#recompute(now)
  }

  #record(key: string, health: Health, rule: OutlierRule, failed: boolean, now: number): void {
    health.window?.add(now, failed, false)
    if (!failed) {
      health.failuresInRow = 0
      return
    }
    health.failuresInRow++
    const reason = ejectionReason(health, rule)
    if (reason !== null && this.#mayEject(health, rule)) this.#eject(key, health, rule, reason, now)
  }

  #settleProbe(key: string, health: Health, rule: OutlierRule, result: 'success' | 'failure' | 'ignored', now: number): void {
    if (result === 'ignored') health.probeRuns = false
    else if (result === 'failure') this.#eject(key, health, rule, 'probe-failed', now)
    else {
      takeIn(health, now)
      this.#isStale = true
      this.#onEvent({ kind: 'recovered', key })
    }
  }

  /** Never the last one that can be used, and never more than the allowed share; one at least, or a pair could never lose its bad half. */
  #mayEject(health: Health, rule: OutlierRule): boolean {
    let out = 0
    let usable = 0
    for (const other of this.#health.values()) {
      if (other.outlier !== 'in') out++
      else if (other !== health && isChecked(other)) usable++
    }
    return usable > 0 && out + 1 <= Math.max(1, Math.floor(rule.maxEjectedRatio * this.#members.length))
  }

  #eject(key: string, health: Health, rule: OutlierRule, reason: 'consecutive-failures' | 'failure-ratio' | 'probe-failed', now: number): void {
    // Each stretch of good time as long as the first ejection takes one off, as Envoy does at its intervals.
    if (reason !== 'probe-failed') health.ejections = Math.max(0, health.ejections - Math.floor((now - health.inSinceMs) / rule.ejectMs))
    health.ejections++
    const forMs = Math.min(rule.maxEjectMs, rule.ejectMs * health.ejections)
    takeOut(health, now + forMs, 0)
    this.#isStale = true
    this.#onEvent({ kind: 'ejected', key, reason, forMs, ejections: health.ejections })
  }

  #recompute(now: number): void {
    this.#isStale = false
    this.#nextChangeMs = Infinity
    this.#probing = 0
    for (const health of this.#health.values()) {
      if (health.outlier === 'ejected' && now >= health.untilMs) health.outlier = 'probing'
      if (health.outlier === 'ejected') this.#nextChangeMs = Math.min(this.#nextChangeMs, health.untilMs)
      if (health.outlier === 'probing') this.#probing++
    }
    this.#arrange(this.#choose())
  }

  /** Those that may be used: the available ones; in a panic all that have been checked; rather one that waits for its probe than none. */
  #choose(): readonly M[] {
    const { panicThreshold } = this.#rule
    const of = (member: M): Health => this.#health.get(member.key) as Health
    const available = this.#members.filter((member) => availabilityOf(of(member)) === 'available')
    const known = this.#members.filter((member) => of(member).check !== 'unknown')
    const panic = known.length > 0 && available.length < panicThreshold * this.#members.length
    if (panic !== this.#panicking) {
      this.#panicking = panic
      this.#onEvent({ kind: 'panic', on: panic })
    }
    if (panic) return known
    return available.length > 0 ? available : this.#members.filter((member) => isChecked(of(member)))
  }

  #arrange(usable: readonly M[]): void {
    const { zone } = this.#rule
    const locals = zone === null ? 0 : this.#members.reduce((sum, member) => sum + (member.zone === zone ? 1 : 0), 0)
    const local = locals === 0 ? [] : usable.filter((member) => member.zone === zone)
    if (local.length === 0 || local.length === usable.length) {
      this.#usable = usable
      this.#localShare = 1
      return
    }
    this.#usable = local
    this.#remote = usable.filter((member) => member.zone !== zone)
    this.#localShare = Math.min(1, (OVERPROVISIONING * local.length) / locals)
  }
}
