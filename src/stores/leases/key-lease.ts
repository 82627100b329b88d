import type { LeaseRule, LimitQuestion, LimitRule, LimitVerdict } from '../../policy/limiter/types.ts'

/** What the shared count said when it refused, for requests that ask the same or more. */
export interface Refusal {
  readonly questions: readonly LimitQuestion[]
  readonly verdicts: readonly LimitVerdict[]
  readonly atMs: number
  readonly untilMs: number
}

/** What one gateway knows of one key: the units that it has taken and not yet used, and what the shared count said last. */
export class KeyLease {
  readonly name: string
  readonly key: string
  /** Changes with every lease: what belongs to an earlier one cannot be put back into this one. */
  serial = 0
  left = 0
  /** Nothing is served from then on. */
  endsMs = -Infinity
  /** With what the lease was taken. */
  rule: LimitRule
  /** The refill that is on its way. */
  pending: Promise<void> | null = null
  /** Units that are on their way back. A new lease waits for them, or the gateway would hold two. */
  returning = 0
  /** Fewer than a lease were left at the last look: units are asked for one by one. */
  isNear = false
  refusal: Refusal | null = null
  cancelEnd: (() => void) | null = null
  #remaining = 0
  #resetAtMs = 0

  constructor(name: string, { rule, key }: LimitQuestion) {
    this.name = name
    this.key = key
    this.rule = rule
  }

  /** Units that may be used now. */
  leftAt(nowMs: number): number {
    return nowMs < this.endsMs ? this.left : 0
  }

  /** Whether a lease may be asked for. */
  mayRefill(): boolean {
    return this.pending === null && this.returning === 0 && !this.isNear
  }

  fill(rule: LimitRule, units: number, endsMs: number): void {
    this.serial++
    this.rule = rule
    this.left = units
    this.endsMs = endsMs
  }

  /** The lease is over. Returns the units that were not used. */
  end(): number {
    const { left } = this
    this.cancelEnd?.()
    this.cancelEnd = null
    this.serial++
    this.left = 0
    this.endsMs = -Infinity
    return left
  }

  /** What the shared count has said. */
  note({ remaining, resetMs }: LimitVerdict, sentMs: number, lease: LeaseRule): void {
    this.#remaining = remaining
    this.#resetAtMs = sentMs + resetMs
    this.isNear = remaining < lease.units
  }

  /** What is left for callers of this gateway, as far as it is known here. */
  verdict(nowMs: number): LimitVerdict {
    return { allowed: true, remaining: this.#remaining + this.leftAt(nowMs), resetMs: Math.max(0, this.#resetAtMs - nowMs), retryAfterMs: 0 }
  }
}

/** The remembered refusal as it is now; null when it does not answer these questions. */
export function refusalOf(refusal: Refusal, questions: readonly LimitQuestion[], nowMs: number): readonly LimitVerdict[] | null {
  if (nowMs >= refusal.untilMs || questions.length !== refusal.questions.length) return null
  for (let i = 0; i < questions.length; i++) {
    const [question, before] = [questions[i] as LimitQuestion, refusal.questions[i] as LimitQuestion]
    if (question.rule !== before.rule || question.key !== before.key) return null
    if (refusal.verdicts[i]?.allowed === false && question.cost < before.cost) return null
  }
  const passedMs = nowMs - refusal.atMs
  return refusal.verdicts.map(({ allowed, remaining, resetMs, retryAfterMs }) => ({
    allowed,
    remaining,
    resetMs: Math.max(0, resetMs - passedMs),
    retryAfterMs: Math.max(0, retryAfterMs - passedMs)
  }))
}
