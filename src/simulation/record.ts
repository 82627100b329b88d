import type { BreakerTransition } from '../policy/breaker/types.ts'
import type { HealthEvent } from '../policy/health/types.ts'
import type { PolicyOwner } from '../telemetry/metrics.ts'

/** What became of one request, as its client saw it. Times count from the start of the run, ms. */
export interface RequestFacts {
  readonly upstream: string
  readonly load: string
  readonly startedMs: number
  readonly endedMs: number
  /** 0 when no head came. */
  readonly status: number
  readonly code: string | null
  /** The client closed before the end. */
  readonly aborted: boolean
  readonly finished: boolean
}

export interface AttemptFacts {
  /** Of the request's load, also when a fallback was asked. */
  readonly upstream: string
  readonly endpoint: string
  readonly startedMs: number
}

export type MarkKind = 'retry' | 'retry-refused' | 'breaker-rejected' | 'bulkhead-rejected' | 'fallback'

/** One thing that the engine told its metrics. */
export interface Mark {
  readonly kind: MarkKind
  readonly upstream: string
  readonly reason: string
  readonly atMs: number
}

/** One thing that a plugin told its metrics of a limit. */
export interface LimitFacts {
  readonly upstream: string
  readonly load: string
  readonly policy: string
  /** `allowed`, `refused`, `dry_run_refused`, or `store_error` when Redis could not be asked. */
  readonly decision: string
  readonly atMs: number
}

export interface BreakerFacts extends BreakerTransition {
  readonly owner: PolicyOwner
}

export interface HealthFacts {
  readonly upstream: string
  readonly atMs: number
  readonly event: HealthEvent
}

/** Everything that happened in one run. */
export class RunRecord {
  readonly startMs: number
  readonly requests: RequestFacts[] = []
  readonly attempts: AttemptFacts[] = []
  readonly marks: Mark[] = []
  readonly limits: LimitFacts[] = []
  readonly breakers: BreakerFacts[] = []
  readonly health: HealthFacts[] = []
  readonly #counts = new Map<string, number>()
  readonly #details = new Map<string, string>()

  constructor(startMs: number) {
    this.startMs = startMs
  }

  /** Something that must never happen. The same kind of it is told once, with its number. */
  defect(kind: string, detail: string): void {
    if (!this.#details.has(kind)) this.#details.set(kind, detail)
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  get defects(): readonly string[] {
    return [...this.#counts].map(([kind, count]) => `${kind}: ${this.#details.get(kind) ?? ''}${count === 1 ? '' : ` (the first of ${count})`}`)
  }
}
