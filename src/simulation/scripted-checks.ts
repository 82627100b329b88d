import type { HealthCheckPlan } from '../config/plan.ts'
import type { EndpointChecks } from '../generation/members.ts'
import type { Clock, Random } from '../plugin-api/index.ts'
import type { CheckStatus } from '../policy/health/types.ts'
import { drawEnding, drawLatency } from './behaviour.ts'
import type { ScriptedEndpoint } from './scripted-endpoint.ts'

/**
 * Active checks of a scripted endpoint: each is one more request that its behaviour decides about, without a place in its queue. The
 * first one has its verdict at once, as a generation takes no requests before that.
 */
export function startChecks(endpoint: ScriptedEndpoint, rule: HealthCheckPlan, clock: Clock, random: Random): EndpointChecks {
  const first = check(endpoint, rule, random)
  const state = { status: (first === null ? 'healthy' : 'unhealthy') as CheckStatus, reason: first ?? '', streak: 0, isStopped: false }
  const checks = {
    get status() {
      return state.status
    },
    get reason() {
      return state.reason
    },
    ready: Promise.resolve(),
    onStatus: null as EndpointChecks['onStatus'],
    stop() {
      state.isStopped = true
    }
  }
  const next = (): void => {
    const jitter = 1 + rule.jitter * (2 * random.next() - 1)
    clock.after(rule.intervalMs * jitter, () => {
      if (state.isStopped) return
      const failure = check(endpoint, rule, random)
      state.streak = (failure === null) === (state.status === 'healthy') ? 0 : state.streak + 1
      if (state.streak >= (failure === null ? rule.healthyAfter : rule.unhealthyAfter)) {
        state.streak = 0
        state.status = failure === null ? 'healthy' : 'unhealthy'
        state.reason = failure ?? ''
        checks.onStatus?.(state.status, state.reason)
      }
      next()
    })
  }
  next()
  return checks
}

/** What is wrong with the answer to one check; null when it is fine. */
function check(endpoint: ScriptedEndpoint, rule: HealthCheckPlan, random: Random): string | null {
  const { behaviour } = endpoint
  if (behaviour.connect !== 'ok') return behaviour.connect === 'refuse' ? 'connect-failure' : 'timeout'
  if (rule.kind === 'tcp') return behaviour.connectTimeMs > rule.timeoutMs ? 'timeout' : null
  const ending = drawEnding(behaviour, random)
  if (ending === 'reset' || ending === 'stale') return 'reset'
  if (ending === 'silence' || behaviour.connectTimeMs + drawLatency(behaviour.latency, random) > rule.timeoutMs) return 'timeout'
  const status = ending === 'error' ? behaviour.errorStatus : 200
  return rule.statuses.some(([from, to]) => status >= from && status <= to) ? null : `status ${status}`
}
