import { StoreUnavailable, type LimitQuestion, type LimitStore, type LimitVerdict } from '../../plugin-api/limits/store.ts'
import { callOf, decodeAnswer, QuestionEncoder, undoOf, type Deed, type Encoded, type ScriptAnswer, type ScriptCall } from './encoding.ts'

/** Where the script runs. */
export interface ScriptServers {
  /** Keys with equal numbers may be in one call; null when all may. */
  readonly slotOf: ((key: string) => number) | null
  /** @throws StoreUnavailable (rejects) */
  run(call: ScriptCall): Promise<unknown>
}

/** Questions of one call, and their places among all. */
interface Group {
  readonly questions: Encoded[]
  readonly places: number[]
}

/**
 * Limits in Redis, exact over all gateways: one script decides and records, on Redis' own clock.
 *
 * On a cluster, questions whose keys lie in different slots are asked apart, at the same time. When one group refuses, the others give back
 * what they took. Nothing is ever admitted beyond a limit by that, but for the time of two round trips another request may find units taken
 * that are then given back, and when the giving back fails they stay taken as if they had been used.
 */
export class RedisLimitStore implements LimitStore {
  readonly #servers: ScriptServers
  readonly #encoder: QuestionEncoder

  constructor(servers: ScriptServers, keyPrefix: string) {
    this.#servers = servers
    this.#encoder = new QuestionEncoder(keyPrefix)
  }

  async consume(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    if (questions.length === 0) return []
    for (const { cost } of questions) checkCost(cost, 0)
    const encoded = questions.map((question) => this.#encoder.encode(question))
    const groups = this.#groups(encoded)
    if (groups === null) return (await this.#run('consume', encoded)).verdicts
    return this.#allOrNothing(groups, questions.length)
  }

  async charge(questions: readonly LimitQuestion[]): Promise<void> {
    if (questions.length === 0) return
    for (const { cost } of questions) checkCost(cost, -Infinity)
    const encoded = questions.map((question) => this.#encoder.encode(question))
    const groups = this.#groups(encoded)
    if (groups === null) await this.#run('charge', encoded)
    else await Promise.all(groups.map((group) => this.#run('charge', group.questions)))
  }

  async peek(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    if (questions.length === 0) return []
    const encoded = questions.map((question) => this.#encoder.encode({ ...question, cost: 0 }))
    const groups = this.#groups(encoded)
    if (groups === null) return (await this.#run('consume', encoded)).verdicts
    const answers = await Promise.all(groups.map((group) => this.#run('consume', group.questions)))
    return inOrder(groups, answers, questions.length)
  }

  /** Null when one call takes them all. */
  #groups(questions: readonly Encoded[]): readonly Group[] | null {
    const { slotOf } = this.#servers
    if (slotOf === null || questions.length === 1) return null
    const groups = new Map<number, Group>()
    for (const [place, question] of questions.entries()) {
      const slot = slotOf(question.key)
      const group = groups.get(slot)
      if (group === undefined) groups.set(slot, { questions: [question], places: [place] })
      else {
        group.questions.push(question)
        group.places.push(place)
      }
    }
    return groups.size === 1 ? null : [...groups.values()]
  }

  async #run(deed: Deed, questions: readonly Encoded[]): Promise<ScriptAnswer> {
    return this.#answer(callOf(deed, questions))
  }

  async #answer(call: ScriptCall): Promise<ScriptAnswer> {
    const answer = decodeAnswer(await this.#servers.run(call), call.keys.length)
    if (answer === null) throw new StoreUnavailable('failed', 'Redis answered something that the script does not')
    return answer
  }

  async #allOrNothing(groups: readonly Group[], count: number): Promise<readonly LimitVerdict[]> {
    const settled = await Promise.allSettled(groups.map((group) => this.#run('consume', group.questions)))
    const answers = settled.map((result) => (result.status === 'fulfilled' ? result.value : null))
    const failure = settled.find((result) => result.status === 'rejected')
    if (failure === undefined && answers.every((answer) => answer !== null && isAllowed(answer))) return inOrder(groups, answers, count)
    const undone = answers.map(async (answer, index) => {
      if (answer === null || !isAllowed(answer)) return answer
      // What cannot be given back stays taken; its own answer is then the best there is.
      return this.#answer(undoOf(groups[index]?.questions ?? [], answer.at)).catch(() => answer)
    })
    if (failure !== undefined) throw failure.reason
    return inOrder(groups, await Promise.all(undone), count)
  }
}

function checkCost(cost: number, least: number): void {
  if (!Number.isSafeInteger(cost) || cost < least) throw new RangeError('the cost of a question is a whole number of units')
}

function isAllowed({ verdicts }: ScriptAnswer): boolean {
  return verdicts.every(({ allowed }) => allowed)
}

function inOrder(groups: readonly Group[], answers: readonly (ScriptAnswer | null)[], count: number): readonly LimitVerdict[] {
  const verdicts = Array.from<LimitVerdict>({ length: count })
  for (const [index, { places }] of groups.entries()) {
    for (const [inner, place] of places.entries()) {
      const verdict = answers[index]?.verdicts[inner]
      if (verdict !== undefined) verdicts[place] = verdict
    }
  }
  return verdicts
}
