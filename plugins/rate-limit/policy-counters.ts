import type { BoundCounter, PluginMetrics, StoreUnavailable } from '../../src/plugin-api/index.ts'

export interface PolicyCounters {
  readonly allowed: BoundCounter
  readonly refused: BoundCounter
  readonly dryRunRefused: BoundCounter
  readonly storeErrors: Readonly<Record<StoreUnavailable['reason'], BoundCounter>>
}

const NOTHING: BoundCounter = { inc() {} }

/** @param canFail Whether the store can be away. */
export function bindCounters(metrics: PluginMetrics, policy: string, canFail: boolean, isDryRun: boolean): PolicyCounters {
  const decision = (name: string) => metrics.counter('rate_limit_decisions_total', 'Decisions of rate limits.', { policy, decision: name })
  const error = (reason: StoreUnavailable['reason']) =>
    canFail ? metrics.counter('rate_limit_store_errors_total', 'Requests that Redis could not be asked about.', { policy, reason }) : NOTHING
  return {
    allowed: decision('allowed'),
    refused: isDryRun ? NOTHING : decision('refused'),
    dryRunRefused: isDryRun ? decision('dry_run_refused') : NOTHING,
    storeErrors: { timeout: error('timeout'), disconnected: error('disconnected'), failed: error('failed') }
  }
}
