import type { HealthCheckPlan } from '../config/plan.ts'
import type { Clock } from '../plugin-api/index.ts'
import { createCheckState, nextCheckMs } from '../policy/health/active-check.ts'
import type { CheckStatus } from '../policy/health/types.ts'
import { type ProbeResult, type ProbeTarget, probe } from './probe.ts'

export interface ChecksOptions extends ProbeTarget {
  readonly rule: HealthCheckPlan
  readonly clock: Clock
  readonly random: () => number
}

/** The active checks of one endpoint, from now until `stop`. */
export interface EndpointChecks {
  readonly status: CheckStatus
  /** What the last failed check said. */
  readonly reason: string
  /** Resolves with the first result, which is there after the rule's time limit at the latest. */
  readonly ready: Promise<void>
  /** Told of changes of the status. */
  onStatus: ((status: CheckStatus, reason: string) => void) | null
  stop(): void
}

export function startChecks(options: ChecksOptions): EndpointChecks {
  return new Checks(options)
}

class Checks implements EndpointChecks {
  readonly #options: ChecksOptions
  readonly #state
  readonly ready: Promise<void>
  #onFirst: () => void = () => {}
  #running: AbortController | null = null
  #cancelNext: (() => void) | null = null
  #stopped = false
  reason = ''
  onStatus: EndpointChecks['onStatus'] = null

  constructor(options: ChecksOptions) {
    this.#options = options
    this.#state = createCheckState(options.rule)
    this.ready = new Promise((resolve) => {
      this.#onFirst = resolve
    })
    void this.#check()
  }

  get status(): CheckStatus {
    return this.#state.status
  }

  stop(): void {
    this.#stopped = true
    this.#cancelNext?.()
    this.#running?.abort()
    this.#onFirst()
  }

  /** One at a time: the next is due an interval after this one began, and never before it has ended. */
  async #check(): Promise<void> {
    const { clock, rule, random } = this.#options
    const startedMs = clock.now()
    const running = new AbortController()
    this.#running = running
    const cancelLimit = clock.after(rule.timeoutMs, () => running.abort(new Error(`no answer within ${rule.timeoutMs} ms`)))
    const result = await probe(this.#options, running.signal)
    cancelLimit()
    this.#running = null
    if (this.#stopped) return
    const due = startedMs + nextCheckMs(rule.intervalMs, rule.jitter, random)
    this.#cancelNext = clock.after(Math.max(0, due - clock.now()), () => void this.#check())
    this.#learn(result)
  }

  #learn(result: ProbeResult): void {
    if (result !== null) this.reason = result
    if (this.#state.feed(result === null)) this.onStatus?.(this.#state.status, result ?? '')
    this.#onFirst()
  }
}
