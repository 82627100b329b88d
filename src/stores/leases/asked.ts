import type { LimitQuestion, LimitVerdict } from '../../policy/limiter/types.ts'
import type { KeyLease } from './key-lease.ts'

/** One question on its way to the shared count. */
export interface Asked {
  readonly question: LimitQuestion
  /** Null for a rule without leases. */
  readonly lease: KeyLease | null
  /** What the lease had and the request needs of it. */
  readonly local: number
  /** The lease that this came from. */
  readonly serial: number
  /** Place among the questions that are sent; -1 when the lease had enough. */
  readonly place: number
  /** Units for the lease, beyond what the request needs. */
  extra: number
}

/** The questions for the shared count. */
export function toSend(asked: readonly Asked[]): readonly LimitQuestion[] {
  const sent: LimitQuestion[] = []
  for (const { question, local, extra, place } of asked) {
    if (place !== -1) sent.push(local === 0 && extra === 0 ? question : { ...question, cost: question.cost - local + extra })
  }
  return sent
}

export function isRefused({ place }: Asked, verdicts: readonly LimitVerdict[]): boolean {
  return verdicts[place]?.allowed === false
}
