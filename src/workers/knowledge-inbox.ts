import type { Clock } from '../plugin-api/index.ts'
import type { HealthKnowledge } from '../policy/health/types.ts'
import type { KnowledgeNotice } from './health-relay.ts'

interface Kept {
  readonly notice: KnowledgeNotice
  readonly atMs: number
}

/** What others have found out, kept until this worker has endpoints that it can be said of. */
export class KnowledgeInbox {
  readonly #clock: Clock
  readonly #kept: Kept[] = []
  #learn: ((upstream: string, knowledge: HealthKnowledge) => void) | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  receive(notice: KnowledgeNotice): void {
    if (this.#learn === null) this.#kept.push({ notice, atMs: this.#clock.now() })
    else this.#learn(notice.upstream, notice.knowledge)
  }

  /** From now on knowledge is taken over as it comes; at once, all that came before, with the time that is left of it. */
  open(learn: (upstream: string, knowledge: HealthKnowledge) => void): void {
    this.#learn = learn
    for (const { notice, atMs } of this.#kept.splice(0)) {
      const { upstream, knowledge } = notice
      const passedMs = this.#clock.now() - atMs
      learn(upstream, knowledge.kind === 'ejected' ? { ...knowledge, forMs: Math.max(0, knowledge.forMs - passedMs) } : knowledge)
    }
  }
}
