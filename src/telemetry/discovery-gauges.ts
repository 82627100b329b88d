/** What is told of one service that is followed; a part of the status of its watch. */
interface Followed {
  readonly status: {
    readonly provider: string
    readonly service: string
    readonly lastAnswerMs: number | null
    readonly failingSinceMs: number | null
    readonly held: readonly unknown[]
    readonly skipped: readonly unknown[]
  }
}

export interface DiscoveryGauge {
  readonly provider: string
  readonly service: string
  /** Unix time; 0 before the first answer. */
  readonly lastSuccessSeconds: number
  readonly stale: 0 | 1
  readonly held: number
  readonly skipped: number
}

/** One row for each service, however many upstreams ask for it. */
export function discoveryGauges(watches: Iterable<Followed>): readonly DiscoveryGauge[] {
  const rows = new Map<string, DiscoveryGauge>()
  for (const { status } of watches) {
    const { provider, service, lastAnswerMs, failingSinceMs, held, skipped } = status
    rows.set(`${provider} ${service}`, {
      provider,
      service,
      lastSuccessSeconds: (lastAnswerMs ?? 0) / 1000,
      stale: failingSinceMs === null && lastAnswerMs !== null ? 0 : 1,
      held: held.length,
      skipped: skipped.length
    })
  }
  return [...rows.values()]
}
