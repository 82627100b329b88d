import type { HealthKnowledge } from '../policy/health/types.ts'
import type { UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { EndpointState } from './endpoint-state.ts'

/**
 * Takes over what outlier detection of another worker has found out about an endpoint. The set of endpoints is shared by the generations of
 * this worker, so any of them will do.
 * @returns Whether anything changed.
 */
export function learnHealth(upstreams: ReadonlyMap<string, UpstreamRuntime>, upstream: string, knowledge: HealthKnowledge, now: number): boolean {
  const endpoints = upstreams.get(upstream)?.endpoints
  if (endpoints === undefined || !endpoints.learn(knowledge, now)) return false
  if (knowledge.kind === 'recovered') {
    // What comes back starts slowly again, wherever it was found to be back.
    const back = endpoints.members.find(({ key }) => key === knowledge.key) as EndpointState | undefined
    if (back !== undefined) back.sinceMs = now
  }
  return true
}
