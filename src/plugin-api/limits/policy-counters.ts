import type { BoundCounter, PluginMetrics } from '../types.ts'
import type { StoreUnavailable } from './store.ts'

export interface PolicyCounters {
  readonly allowed: BoundCounter
  /** `refused`, or of a dry run what would have been. */
  readonly refused: BoundCounter
  readonly storeErrors: Readonly<Record<StoreUnavailable['reason'], BoundCounter>>
}

const NOTHING: BoundCounter = { inc() {} }

/** What is counted, as the names of its series begin and as a person says it. */
export interface CounterNames {
  readonly prefix: string
  readonly plural: string
}

/** @param canFail Whether the store can be away. */
export function bindCounters(
  metrics: PluginMetrics,
  { prefix, plural }: CounterNames,
  policy: string,
  canFail: boolean,
  isDryRun: boolean
): PolicyCounters {
  const decision = (name: string) => metrics.counter(`${prefix}_decisions_total`, `Decisions of ${plural}.`, { policy, decision: name })
  const error = (reason: StoreUnavailable['reason']) =>
    canFail ? metrics.counter(`${prefix}_store_errors_total`, 'Requests that Redis could not be asked about.', { policy, reason }) : NOTHING
  return {
    allowed: decision('allowed'),
    refused: decision(isDryRun ? 'dry_run_refused' : 'refused'),
    storeErrors: { timeout: error('timeout'), disconnected: error('disconnected'), failed: error('failed') }
  }
}

/** Of a refused request only the limits that refused it. @returns the index of the first that did; -1: none */
export function countVerdicts(counters: readonly PolicyCounters[], verdicts: readonly { readonly allowed: boolean }[]): number {
  const refused = verdicts.findIndex(({ allowed }) => !allowed)
  if (refused === -1) for (const counter of counters) counter.allowed.inc()
  else for (let i = refused; i < verdicts.length; i++) if (verdicts[i]?.allowed === false) counters[i]?.refused.inc()
  return refused
}
