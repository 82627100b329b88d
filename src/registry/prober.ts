import type { Clock, Random } from '../plugin-api/index.ts'
import { type Finding, probeOnce } from './probe-once.ts'
import type { CheckEntry, HttpProbe, TcpProbe } from './types.ts'

/** Runs HTTP and TCP checks, each at its interval. */
export class Prober {
  readonly #clock: Clock
  readonly #random: Random
  readonly #report: (checkId: string, finding: Finding) => void
  readonly #running = new Map<string, () => void>()

  constructor(clock: Clock, random: Random, report: (checkId: string, finding: Finding) => void) {
    this.#clock = clock
    this.#random = random
    this.#report = report
  }

  /** Begins somewhere within the first interval, so that checks registered together do not run together. */
  start({ definition: { id, probe } }: CheckEntry): void {
    this.stop(id)
    if (probe.type !== 'http' && probe.type !== 'tcp') return
    const stop = new AbortController()
    const cancel = this.#clock.after(this.#random.next() * probe.intervalMs, () => {
      void this.#run(id, probe, stop.signal)
    })
    this.#running.set(id, () => {
      cancel()
      stop.abort()
    })
  }

  stop(checkId: string): void {
    this.#running.get(checkId)?.()
    this.#running.delete(checkId)
  }

  close(): void {
    for (const id of this.#running.keys()) this.stop(id)
  }

  async #run(checkId: string, probe: HttpProbe | TcpProbe, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const finding = await probeOnce(probe, this.#clock, signal)
      if (signal.aborted) return
      this.#report(checkId, finding)
      await this.#pause(probe.intervalMs, signal)
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.after(ms, resolve)
    const end = (): void => {
      cancel()
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
    await promise
    signal.removeEventListener('abort', end)
  }
}
