import type { Clock } from '../plugin-api/index.ts'
import type { HealthEvent, HealthKnowledge } from '../policy/health/types.ts'

/** What happened to an endpoint of an upstream, as a worker saw it. */
export interface HealthNotice {
  readonly upstream: string
  readonly event: HealthEvent
}

/** What another worker has found out about an endpoint of an upstream. */
export interface KnowledgeNotice {
  readonly upstream: string
  readonly knowledge: HealthKnowledge
}

export interface HealthRelayOptions {
  readonly clock: Clock
  /** Told once of what several workers see. */
  readonly onHealth: (upstream: string, event: HealthEvent) => void
}

interface Ejection {
  readonly upstream: string
  readonly key: string
  readonly ejections: number
  readonly untilMs: number
}

/** An endpoint that nobody has tried again for so long after its time is forgotten: it may be gone. */
const FORGET_MS = 600_000
/** Of so many endpoints it is known who called them unhealthy; beyond it a line of the log may come twice. */
const MOST_SAID = 10_000

/** Tells each worker what outlier detection of the others has found out, and the log what has happened, once. */
export class HealthRelay {
  readonly #options: HealthRelayOptions
  readonly #workers = new Map<number, (notice: KnowledgeNotice) => void>()
  /** Those that are out, by upstream and key. */
  readonly #out = new Map<string, Ejection>()
  /** Who says so, by what is said. */
  readonly #said = new Map<string, Set<number>>()

  constructor(options: HealthRelayOptions) {
    this.#options = options
  }

  /** A worker's thread has begun: it is told what still holds, with the time that is left. */
  attach(worker: number, send: (notice: KnowledgeNotice) => void): void {
    this.detach(worker)
    this.#workers.set(worker, send)
    this.#forgetOld()
    const now = this.#options.clock.now()
    for (const { upstream, key, ejections, untilMs } of this.#out.values()) {
      // None left: it is out all the same, until an attempt succeeds.
      send({ upstream, knowledge: { kind: 'ejected', key, ejections, forMs: Math.max(0, untilMs - now) } })
    }
  }

  detach(worker: number): void {
    this.#workers.delete(worker)
    for (const [what, who] of this.#said) if (who.delete(worker) && who.size === 0) this.#said.delete(what)
  }

  report(worker: number, { upstream, event }: HealthNotice): void {
    const { onHealth } = this.#options
    switch (event.kind) {
      case 'ejected': {
        const { key, forMs, ejections } = event
        this.#forgetOld()
        this.#out.set(nameOf(upstream, key), { upstream, key, ejections, untilMs: this.#options.clock.now() + forMs })
        this.#relay(worker, { upstream, knowledge: { kind: 'ejected', key, forMs, ejections } })
        return onHealth(upstream, event)
      }
      case 'recovered':
        this.#out.delete(nameOf(upstream, event.key))
        this.#relay(worker, { upstream, knowledge: { kind: 'recovered', key: event.key } })
        return onHealth(upstream, event)
      case 'unhealthy':
      case 'healthy':
        if (this.#isNews(worker, nameOf(upstream, event.key), event.kind === 'unhealthy')) onHealth(upstream, event)
        return
      case 'panic':
        if (this.#isNews(worker, nameOf(upstream, null), event.on)) onHealth(upstream, event)
    }
  }

  /** It is news when the first worker says so, and when the last one takes it back. */
  #isNews(worker: number, what: string, isSo: boolean): boolean {
    const who = this.#said.get(what) ?? new Set<number>()
    // Nobody takes back what was said of an endpoint that is gone: when it comes again, whoever repeats it means something new.
    if (isSo && who.has(worker)) who.clear()
    const before = who.size
    if (isSo) who.add(worker)
    else who.delete(worker)
    this.#said.delete(what)
    if (who.size > 0) this.#said.set(what, who)
    const [oldest] = this.#said.size > MOST_SAID ? this.#said.keys() : []
    if (oldest !== undefined) this.#said.delete(oldest)
    return (before === 0) !== (who.size === 0)
  }

  #relay(from: number, notice: KnowledgeNotice): void {
    for (const [worker, send] of this.#workers) if (worker !== from) send(notice)
  }

  #forgetOld(): void {
    const now = this.#options.clock.now()
    for (const [name, { untilMs }] of this.#out) if (now >= untilMs + FORGET_MS) this.#out.delete(name)
  }
}

function nameOf(upstream: string, key: string | null): string {
  return JSON.stringify([upstream, key])
}
