import type { LimitQuestion, LimitStore, LimitVerdict } from '../../plugin-api/limits/store.ts'
import type { Clock } from '../../plugin-api/types.ts'
import type { LeaseRule, LimitRule } from '../../policy/limiter/types.ts'
import { type Asked, isRefused, toSend } from './asked.ts'
import { type KeyLease, refusalOf } from './key-lease.ts'
import { LeaseTable } from './lease-table.ts'

/** Refills that a request waits for before it asks for itself. */
const MOST_WAITS = 2
/** A few hundred bytes each. */
const MAX_KEYS = 10_000

export interface LeasedStoreOptions {
  readonly clock: Clock
  /** Keys that leases are held for. */
  readonly maxKeys?: number
}

/**
 * Takes units of a shared count in shares, so that a key that is asked about very often costs one question for each share and not for each request.
 * Rules without a lease are asked about as without this store.
 *
 * What it may cost: units are admitted up to `forMs` after they were taken. At any moment a gateway holds fewer than `units` of a key that it has
 * taken and not used, and each of them is later either admitted or given back, never both. So in any stretch of time no more is admitted than the
 * limit allows there, and `units` for each gateway. Giving back late does not add to that: it only ever makes room for units that were not used.
 */
export class LeasedStore implements LimitStore {
  readonly #inner: LimitStore
  readonly #clock: Clock
  readonly #table: LeaseTable

  constructor(inner: LimitStore, { clock, maxKeys = MAX_KEYS }: LeasedStoreOptions) {
    this.#inner = inner
    this.#clock = clock
    this.#table = new LeaseTable(maxKeys, (lease) => this.#end(lease))
  }

  /** Keys that something is known of. */
  get keys(): number {
    return this.#table.size
  }

  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] | Promise<readonly LimitVerdict[]> {
    if (!questions.some(({ rule }) => rule.lease !== undefined)) return this.#inner.consume(questions)
    for (const { cost } of questions) checkCost(cost)
    return this.#decideHere(questions) ?? this.#decideLater(questions)
  }

  charge(questions: readonly LimitQuestion[]): void | Promise<void> {
    const nowMs = this.#clock.now()
    const rest = questions.filter((question) => {
      const lease = question.rule.lease === undefined ? null : this.#table.find(question)
      if (lease === null) return true
      lease.refusal = null
      if (question.cost <= 0 || lease.leftAt(nowMs) < question.cost) return true
      lease.left -= question.cost
      return false
    })
    if (rest.length > 0) return this.#inner.charge(rest)
  }

  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[] | Promise<readonly LimitVerdict[]> {
    const verdicts = this.#inner.peek(questions)
    return 'then' in verdicts ? verdicts.then((known) => this.#withLeft(questions, known)) : this.#withLeft(questions, verdicts)
  }

  /** What this gateway holds is left to its callers, although it counts as used already. */
  #withLeft(questions: readonly LimitQuestion[], verdicts: readonly LimitVerdict[]): readonly LimitVerdict[] {
    const nowMs = this.#clock.now()
    return verdicts.map((verdict, i) => {
      const question = questions[i] as LimitQuestion
      const left = question.rule.lease === undefined ? 0 : (this.#table.find(question)?.leftAt(nowMs) ?? 0)
      return left === 0 ? verdict : { ...verdict, remaining: verdict.remaining + left }
    })
  }

  /** Null when the shared count has to be asked. */
  #decideHere(questions: readonly LimitQuestion[]): readonly LimitVerdict[] | null {
    const nowMs = this.#clock.now()
    const verdicts: LimitVerdict[] = []
    let canTell = true
    for (let i = 0; i < questions.length; i++) {
      const question = questions[i] as LimitQuestion
      const lease = question.rule.lease === undefined ? null : this.#table.find(question)
      if (lease !== null && lease.refusal !== null) {
        const refused = refusalOf(lease.refusal, questions, nowMs)
        if (refused !== null) {
          this.#untake(questions, verdicts.length)
          return refused
        }
      }
      if (!canTell) continue
      if (lease === null || nowMs >= lease.endsMs || lease.left < question.cost) {
        this.#untake(questions, verdicts.length)
        verdicts.length = 0
        canTell = false
        continue
      }
      lease.left -= question.cost
      verdicts.push(lease.verdict(nowMs))
    }
    return canTell ? verdicts : null
  }

  /** Gives back what the first so many questions have just taken from their leases. */
  #untake(questions: readonly LimitQuestion[], count: number): void {
    for (const question of questions.slice(0, count)) {
      const lease = this.#table.find(question)
      if (lease !== null) lease.left += question.cost
    }
  }

  /** Who comes first for a key asks; others wait for that, in their order, but not for ever. */
  async #decideLater(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    for (let waits = 0; waits < MOST_WAITS; waits++) {
      const pending = this.#refillOf(questions)
      if (pending === null) break
      await pending
      const verdicts = this.#decideHere(questions)
      if (verdicts !== null) return verdicts
    }
    return this.#ask(questions)
  }

  #refillOf(questions: readonly LimitQuestion[]): Promise<void> | null {
    for (const question of questions) {
      const pending = question.rule.lease === undefined ? null : this.#table.find(question)?.pending
      if (pending !== null && pending !== undefined) return pending
    }
    return null
  }

  async #ask(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = this.#prepare(questions, promise)
    const refilled = asked.filter(({ extra }) => extra > 0)
    try {
      return await this.#askInner(questions, asked)
    } catch (error) {
      this.#putBack(asked)
      throw error
    } finally {
      for (const { lease } of refilled) if (lease !== null) lease.pending = null
      resolve()
    }
  }

  /** What the leases still have is used first, all of it: so no unit gets older than `forMs`. */
  #prepare(questions: readonly LimitQuestion[], refill: Promise<void>): readonly Asked[] {
    const nowMs = this.#clock.now()
    let sent = 0
    return questions.map((question): Asked => {
      const { rule, cost } = question
      if (rule.lease === undefined) return { question, lease: null, local: 0, serial: 0, place: sent++, extra: 0 }
      const lease = this.#table.findOrAdd(question)
      this.#table.touch(lease)
      if (nowMs >= lease.endsMs) this.#end(lease)
      const local = Math.min(lease.left, cost)
      lease.left -= local
      const need = cost - local
      const extra = need > 0 && cost < rule.lease.units && lease.mayRefill() ? rule.lease.units - need : 0
      if (extra > 0) lease.pending = refill
      return { question, lease, local, serial: lease.serial, place: need > 0 || cost === 0 ? sent++ : -1, extra }
    })
  }

  async #askInner(questions: readonly LimitQuestion[], asked: readonly Asked[]): Promise<readonly LimitVerdict[]> {
    let sentMs = this.#clock.now()
    let verdicts = await this.#inner.consume(toSend(asked))
    // A second question of the same key may be the one that is refused for what the first takes beforehand.
    const short = new Set(asked.filter((one) => isRefused(one, verdicts)).map(({ lease }) => lease))
    const greedy = asked.filter(({ extra, lease }) => extra > 0 && short.has(lease))
    if (greedy.length > 0) {
      // There are not that many left: near the limit nothing is taken beforehand.
      for (const one of greedy) one.extra = 0
      sentMs = this.#clock.now()
      verdicts = await this.#inner.consume(toSend(asked))
    }
    return this.#conclude(questions, asked, verdicts, sentMs)
  }

  #conclude(
    questions: readonly LimitQuestion[],
    asked: readonly Asked[],
    verdicts: readonly LimitVerdict[],
    sentMs: number
  ): readonly LimitVerdict[] {
    const refused = asked.filter((one) => isRefused(one, verdicts))
    if (refused.length > 0) this.#putBack(asked)
    else for (const one of asked) this.#grant(one, sentMs)
    const nowMs = this.#clock.now()
    const told = asked.map(({ question, lease, place }): LimitVerdict => {
      const verdict = verdicts[place]
      if (lease === null) return verdict as LimitVerdict
      if (verdict === undefined) return lease.verdict(nowMs)
      lease.note(verdict, sentMs, question.rule.lease as LeaseRule)
      return { ...verdict, remaining: verdict.remaining + lease.leftAt(nowMs) }
    })
    for (const { question, lease, place } of refused) {
      // Not for long: units may be given back at any time.
      const untilMs = sentMs + Math.min(verdicts[place]?.retryAfterMs ?? 0, question.rule.lease?.forMs ?? 0)
      if (lease !== null && untilMs > nowMs) lease.refusal = { questions, verdicts: told, atMs: sentMs, untilMs }
    }
    return told
  }

  /** From the time of the question on: when it was answered there is not known here. */
  #grant({ question: { rule }, lease, extra }: Asked, sentMs: number): void {
    if (lease === null || extra === 0) return
    this.#end(lease)
    const nowMs = this.#clock.now()
    const endsMs = sentMs + (rule.lease as LeaseRule).forMs
    if (endsMs <= nowMs) {
      this.#giveBack(lease, rule, extra)
      return
    }
    lease.fill(rule, extra, endsMs)
    lease.cancelEnd = this.#clock.after(endsMs - nowMs, () => this.#end(lease))
  }

  /** What was taken from leases for a request that was refused. */
  #putBack(asked: readonly Asked[]): void {
    for (const { question, lease, local, serial } of asked) {
      if (lease === null || local === 0) continue
      if (lease.serial === serial) lease.left += local
      else this.#giveBack(lease, question.rule, local)
    }
  }

  #end(lease: KeyLease): void {
    const { rule } = lease
    const units = lease.end()
    if (units > 0) this.#giveBack(lease, rule, units)
  }

  /** Units that do not arrive stay used. */
  #giveBack(lease: KeyLease, rule: LimitRule, units: number): void {
    const back = this.#inner.charge([{ rule, key: lease.key, cost: -units }])
    if (back === undefined) return
    lease.returning++
    const arrived = (): void => {
      lease.returning--
    }
    back.then(arrived, arrived)
  }
}

function checkCost(cost: number): void {
  if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError('the cost of a question is a whole number of units')
}
