import type { PermitAnswer, PermitQuestion, PermitStore, PermitVerdict } from '../../plugin-api/limits/permits.ts'

/** Requests in flight by key. */
type Counts = Map<string, number>

/** Answers at once. What nobody holds is forgotten, so it is bounded by the requests in flight. */
export class MemoryPermits implements PermitStore {
  /** By id of the rule. These stay: there are as many as rules were ever configured. */
  readonly #rules = new Map<string, Counts>()

  acquire(questions: readonly PermitQuestion[]): PermitAnswer {
    const verdicts: PermitVerdict[] = []
    let isRefused = false
    for (let i = 0; i < questions.length; i++) {
      const { rule, key } = questions[i] as PermitQuestion
      const inFlight = (this.#rules.get(rule.id)?.get(key) ?? 0) + (i === 0 ? 0 : askedBefore(questions, i))
      const allowed = inFlight < rule.limit
      if (!allowed) isRefused = true
      verdicts.push({ allowed, inFlight: inFlight + 1 })
    }
    if (!isRefused) {
      for (const { rule, key } of questions) this.#change(rule.id, key, 1)
      return new Places(this, questions, verdicts)
    }
    return { verdicts: verdicts.map(({ allowed }, i) => ({ allowed, inFlight: this.#inFlight(questions[i] as PermitQuestion) })), release: nothing }
  }

  /** Keys that are in flight. */
  get keys(): number {
    let keys = 0
    for (const counts of this.#rules.values()) keys += counts.size
    return keys
  }

  give(questions: readonly PermitQuestion[]): void {
    for (const { rule, key } of questions) this.#change(rule.id, key, -1)
  }

  #inFlight({ rule, key }: PermitQuestion): number {
    return this.#rules.get(rule.id)?.get(key) ?? 0
  }

  #change(id: string, key: string, by: 1 | -1): void {
    let counts = this.#rules.get(id)
    if (counts === undefined) this.#rules.set(id, (counts = new Map()))
    const count = (counts.get(key) ?? 0) + by
    if (count === 0) counts.delete(key)
    else counts.set(key, count)
  }
}

/** What one request holds. */
class Places implements PermitAnswer {
  readonly verdicts: readonly PermitVerdict[]
  readonly #store: MemoryPermits
  #questions: readonly PermitQuestion[] | null

  constructor(store: MemoryPermits, questions: readonly PermitQuestion[], verdicts: readonly PermitVerdict[]) {
    this.#store = store
    this.#questions = questions
    this.verdicts = verdicts
  }

  release(): void {
    const questions = this.#questions
    this.#questions = null
    if (questions !== null) this.#store.give(questions)
  }
}

function nothing(): void {}

/** Places that earlier questions of the same request ask of the same count. */
function askedBefore(questions: readonly PermitQuestion[], at: number): number {
  const { rule, key } = questions[at] as PermitQuestion
  let places = 0
  for (let i = 0; i < at; i++) {
    const earlier = questions[i] as PermitQuestion
    if (earlier.key === key && earlier.rule.id === rule.id) places++
  }
  return places
}
