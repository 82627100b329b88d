import type { UpstreamPlan } from '../config/plan.ts'
import type { Client } from './client.ts'
import type { World } from './world.ts'

/** What must hold in every run, whatever the scenario; a breach is a defect of the gateway, not of the scenario. */
export class Invariants {
  readonly #world: World
  readonly #plans: ReadonlyMap<string, UpstreamPlan>
  readonly #completed = new Set<Client>()
  readonly #out = new Map<string, Set<string>>()
  #healthSeen = 0

  constructor(world: World) {
    this.#world = world
    this.#plans = new Map(world.scenario.plan.upstreams.map((plan) => [plan.name, plan]))
    world.onAttempt = (client) => this.#checkAttempt(client)
  }

  #checkAttempt(client: Client): void {
    const { record, upstreams, clock } = this.#world
    const number = client.plan.number
    if (client.answerBegan) record.defect('an attempt began after the answer had', `request ${number}`)
    if (client.exchange.completed) record.defect('an attempt began after the request was over', `request ${number}`)
    for (const [name, { bulkhead }] of upstreams) {
      const most = this.#plans.get(name)?.bulkhead?.maxConcurrent ?? Infinity
      if (bulkhead !== null && bulkhead.places.running > most)
        record.defect('a bulkhead is overfull', `${name}: ${bulkhead.places.running} of ${most}`)
    }
    const { upstream } = client.exchange.runtime
    if (upstream === null || client.exchange.decision.fallback !== null) return
    if (upstream.breaker?.phase(clock.now()) === 'open') record.defect('an attempt passed an open breaker', `request ${number}`)
    if (upstream.bulkhead?.places.running === 0) record.defect('an attempt runs without a place', `request ${number}`)
  }

  /** An exchange said that everything about it is known. */
  onComplete(client: Client): void {
    const { record } = this.#world
    const { number } = client.plan
    if (this.#completed.has(client)) record.defect('a request completed twice', `request ${number}`)
    this.#completed.add(client)
    const { decision } = client.exchange
    if (client.status === 0 && !client.aborted) record.defect('a request ended without an answer', `request ${number}`)
    if (client.status !== 0 && decision.status !== client.status) {
      record.defect('the decision is not what the client saw', `request ${number}: ${decision.status}, not ${client.status}`)
    }
    if (decision.code === 'SP_RATE_LIMITED' && client.attempts > 0) record.defect('a request beyond a limit was forwarded', `request ${number}`)
    if (decision.attempts.length !== client.attempts) record.defect('attempts are missing in the decision', `request ${number}`)
    for (const attempt of decision.attempts) {
      // An answer that was not wanted may still be read to its end.
      if (attempt.outcome === null && attempt.headMs === 0) record.defect('an attempt outlives its request', `request ${number}`)
    }
    this.#checkDeadline(client)
    this.#checkTries(client)
  }

  #checkDeadline(client: Client): void {
    const plans = this.#plansOf(client)
    const totalMs = plans.reduce((sum, { timeouts }) => sum + (timeouts.totalMs ?? Infinity), 0)
    const tookMs = client.headMs - client.passedMs - client.exchange.decision.gatherMs
    if (client.headMs !== 0 && tookMs > totalMs) {
      this.#world.record.defect('a deadline was missed', `request ${client.plan.number}: ${tookMs} ms instead of ${totalMs} ms`)
    }
  }

  /** Tries that count, the one on a fresh connection for a stale one, and the hedge. */
  #checkTries(client: Client): void {
    const most = this.#plansOf(client).reduce((sum, { retry, hedge }) => sum + 1 + retry.attempts + 1 + (hedge === null ? 0 : 1), 0)
    if (client.attempts > most)
      this.#world.record.defect('a request was tried too often', `request ${client.plan.number}: ${client.attempts} of ${most}`)
  }

  /** The upstream of a request, and the one that stood in for it. */
  #plansOf(client: Client): readonly UpstreamPlan[] {
    const { exchange } = client
    const plan = this.#plans.get(exchange.runtime.upstream?.name ?? '')
    const other =
      exchange.decision.fallback === 'upstream' && plan?.fallback?.answer.kind === 'upstream'
        ? this.#plans.get(plan.fallback.answer.upstream)
        : undefined
    return [plan, other].filter((one) => one !== undefined)
  }

  /** After each event. */
  checkNow(openClients: number): void {
    const { record, upstreams, endpoints, gatewayClock, exchangeServices } = this.#world
    this.#checkEjections()
    for (const { bulkhead } of [...upstreams.values(), ...this.#world.routes]) {
      if (bulkhead === null || bulkhead.places.queued === 0 || bulkhead.places.running >= bulkhead.places.limit) continue
      record.defect('a request waits beside a free place', `${bulkhead.places.running} of ${bulkhead.places.limit}`)
    }
    let running = 0
    for (const endpoint of endpoints.values()) running += endpoint.running
    if (openClients > 0 || running > 0) return
    if (exchangeServices.sweep.size > 0) record.defect('a body is watched that nobody waits for', `${exchangeServices.sweep.size} left`)
    if (gatewayClock.pending > 0) record.defect('a timer outlives all requests', `${gatewayClock.pending} left`)
    for (const [name, upstream] of upstreams) {
      for (const member of upstream.endpoints.members) {
        if (member.inFlight !== 0) record.defect('an endpoint has requests in flight that are over', `${member.key}: ${member.inFlight}`)
      }
      const places = upstream.bulkhead?.places
      if (places !== undefined && places.running + places.queued !== 0) {
        record.defect('a bulkhead was not left', `${name}: ${places.running} running, ${places.queued} queued`)
      }
    }
    for (const { names, bulkhead } of this.#world.routes) {
      if (bulkhead !== null && bulkhead.places.running + bulkhead.places.queued !== 0) record.defect('a bulkhead was not left', names.name)
    }
    for (const breaker of this.#world.state.breakers) {
      if (breaker.acquired !== breaker.settled)
        record.defect('permits were not given back', `${breaker.name}: ${breaker.settled} of ${breaker.acquired}`)
    }
  }

  /** Once nothing is left to happen. */
  checkEnd(openClients: number, isQuiet: boolean): void {
    const { record, clients } = this.#world
    if (openClients > 0) record.defect('requests never ended', `${openClients} of ${clients.length}`)
    if (!isQuiet) record.defect('the run does not come to rest', 'timers without end')
    for (const budget of this.#world.state.budgets) {
      if (budget.excess > 0) record.defect('a retry budget was exceeded', `${budget.name}: ${budget.excess} times`)
    }
    const extra = record.marks.filter(({ kind }) => kind === 'retry')
    const taken = this.#world.state.budgets.reduce((sum, budget) => sum + budget.taken, 0)
    const budgeted = extra.filter(({ reason }) => reason !== 'free').length
    if (budgeted > taken) record.defect('retries went around the budget', `${budgeted} with ${taken} taken`)
    const fallbacks = record.marks.filter(({ kind }) => kind === 'fallback').length
    const most = clients.length + fallbacks + extra.length
    if (record.attempts.length > most) record.defect('there were attempts that nobody counted', `${record.attempts.length} instead of ${most}`)
  }

  /** Taken out or waiting for a probe: never more than the rule allows, but one at least. */
  #checkEjections(): void {
    const { health } = this.#world.record
    for (; this.#healthSeen < health.length; this.#healthSeen++) {
      const { upstream, event } = health[this.#healthSeen] as (typeof health)[number]
      if (event.kind !== 'ejected' && event.kind !== 'recovered') continue
      const out = this.#out.get(upstream) ?? new Set<string>()
      this.#out.set(upstream, out)
      if (event.kind === 'ejected') out.add(event.key)
      else out.delete(event.key)
      const members = this.#world.upstreams.get(upstream)?.endpoints.members.length ?? 0
      const most = Math.max(1, Math.floor((this.#plans.get(upstream)?.outlier?.maxEjectedRatio ?? 0) * members))
      if (out.size > most) this.#world.record.defect('too many endpoints were ejected', `${upstream}: ${out.size} of ${members}`)
    }
  }
}
