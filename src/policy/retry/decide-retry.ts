import type { RetryBudget, RetryDecision, RetryFacts, RetryRule } from './types.ts'

type Refusal = Extract<RetryDecision, { retry: false }>

/** Refusals are values of their own: nothing is allocated when a failure is final. */
const REFUSALS = Object.fromEntries(
  (['not-configured', 'response-began', 'attempts-used', 'unsafe-method', 'body-not-replayable', 'budget', 'deadline'] as const).map((reason) => [
    reason,
    Object.freeze({ retry: false, reason })
  ])
) as Readonly<Record<Refusal['reason'], Refusal>>

const FREE: RetryDecision = Object.freeze({ retry: true, delayMs: 0, free: true })

/** Without a limit on the total time nobody waits longer than this for an upstream that asks to. */
const LONGEST_WAIT_MS = 5_000

/**
 * Whether, when and why not a failed attempt is followed by another. Safe is what the method says may be repeated (RFC 9110 section 9.2.2),
 * what never left, and what its client marked with an idempotency key. The pause is drawn evenly from nothing to the doubled base ("full
 * jitter", as AWS measured it): many clients of a failing upstream must not come back together. The budget is asked last, so that what
 * is refused for another reason costs nothing.
 */
export function decideRetry(facts: RetryFacts, rule: RetryRule, budget: RetryBudget, random: () => number, now: number): RetryDecision {
  if (facts.responseBegan) return REFUSALS['response-began']
  const { failure } = facts
  const mayRepeat = rule.methods.has(facts.method) || (rule.idempotencyHeader !== null && facts.hasIdempotencyKey)
  // A kept-alive connection may be closed at any time (RFC 9112 section 9.3.1): that says nothing of the endpoint and happens whatever is configured.
  if (failure.kind === 'reset' && failure.reusedIdleSocket && !facts.freeUsed && mayRepeat && facts.bodyReplayable) return FREE
  if (rule.attempts === 0 || !isConfigured(failure, rule)) return REFUSALS['not-configured']
  if (facts.tries > rule.attempts) return REFUSALS['attempts-used']
  if (!mayRepeat && (failure.kind === 'status' || !failure.nothingSent)) return REFUSALS['unsafe-method']
  if (!facts.bodyReplayable) return REFUSALS['body-not-replayable']
  const delayMs = pauseMs(facts, rule, random)
  if (delayMs === null || delayMs >= facts.remainingMs) return REFUSALS.deadline
  if (!budget.tryTake(now)) return REFUSALS.budget
  return { retry: true, delayMs, free: false }
}

function isConfigured(failure: RetryFacts['failure'], rule: RetryRule): boolean {
  switch (failure.kind) {
    case 'status':
      return rule.onStatus.has(failure.status)
    case 'connect':
      return rule.onConnectFailure
    case 'reset':
      return rule.onReset
    case 'timeout':
      return rule.onTimeout
    case 'other':
      return false
  }
}

/** Null when the upstream asks for more patience than there is. */
function pauseMs({ failure, tries, remainingMs }: RetryFacts, rule: RetryRule, random: () => number): number | null {
  const jittered = random() * Math.min(rule.backoffMaxMs, rule.backoffBaseMs * 2 ** Math.min(tries - 1, 50))
  if (failure.kind !== 'status' || failure.retryAfterMs === null) return jittered
  if (remainingMs === Infinity && failure.retryAfterMs > LONGEST_WAIT_MS) return null
  return Math.max(jittered, failure.retryAfterMs)
}
