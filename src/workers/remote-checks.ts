import type { ChecksOptions, EndpointChecks } from '../generation/members.ts'
import type { CheckStatus } from '../policy/health/types.ts'
import type { CheckedNotice, CheckNotice } from './check-hub.ts'

/** The way to the supervisor's hub. */
export interface HubOfChecks {
  check(notice: CheckNotice): void
  uncheck(notice: { readonly check: number }): void
}

/** A worker's active checks: the supervisor makes them, once for all workers. */
export class RemoteChecks {
  readonly #hub: HubOfChecks
  readonly #checks = new Map<number, RemoteCheck>()
  #nextCheck = 1

  constructor(hub: HubOfChecks) {
    this.#hub = hub
  }

  start(options: ChecksOptions): EndpointChecks {
    const number = this.#nextCheck++
    const check = new RemoteCheck(() => {
      this.#checks.delete(number)
      this.#hub.uncheck({ check: number })
    })
    this.#checks.set(number, check)
    this.#hub.check({ check: number, options })
    return check
  }

  receive({ check, status, reason }: CheckedNotice): void {
    this.#checks.get(check)?.receive(status, reason)
  }
}

class RemoteCheck implements EndpointChecks {
  readonly ready: Promise<void>
  readonly #onStop: () => void
  #onFirst: () => void = () => {}
  status: CheckStatus = 'unknown'
  reason = ''
  onStatus: EndpointChecks['onStatus'] = null

  constructor(onStop: () => void) {
    this.#onStop = onStop
    this.ready = new Promise((resolve) => {
      this.#onFirst = resolve
    })
  }

  /** The first verdict comes with the first check. */
  receive(status: CheckStatus, reason: string): void {
    const isNews = status !== this.status
    this.status = status
    if (reason !== '') this.reason = reason
    if (isNews) this.onStatus?.(status, reason)
    this.#onFirst()
  }

  stop(): void {
    this.#onStop()
    this.#onFirst()
  }
}
