import { RollingWindow } from '../window/rolling-window.ts'
import type { BudgetRule, RetryBudget } from './types.ts'

/**
 * Bounds what retries add to the load of an upstream, in the shape of Finagle's: over a window of time at most a share of the requests,
 * plus a floor so that a quiet upstream can be retried at all. A share of the requests that are active at the moment (Envoy's retry
 * budget) does not bound it: when failures are quick, hardly any request is active and the floor lets each of them be tried again.
 */
export function createRetryBudget(first: BudgetRule): RetryBudget {
  let rule = first
  // Retries are counted as the failures of the window, so requests are the rest.
  const window = new RollingWindow(rule.windowMs)
  return {
    request(now) {
      window.add(now, false, false)
    },
    tryTake(now) {
      window.age(now)
      const retries = window.failures
      const requests = window.requests - retries
      if (retries + 1 > rule.ratio * requests + (rule.minPerSecond * rule.windowMs) / 1000) return false
      window.add(now, true, false)
      return true
    },
    configure(next) {
      rule = next
      window.configure(next.windowMs)
    }
  }
}
