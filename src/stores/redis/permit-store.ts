import type { PermitAnswer, PermitQuestion, PermitStore, PermitVerdict } from '../../plugin-api/limits/permits.ts'
import { StoreUnavailable } from '../../plugin-api/limits/store.ts'
import type { Clock } from '../../plugin-api/index.ts'
import { HeldPlaces, type PresentServers } from './held-places.ts'
import { decodeVerdicts, permitKey, PermitCalls, type AskedPlace, type Place } from './permit-calls.ts'
import type { Script } from './script.ts'

export interface PermitStoreOptions {
  readonly servers: PresentServers
  readonly script: Script
  readonly keyPrefix: string
  /** Names this gateway's places; of one length for all gateways, and given to no other. */
  readonly instance: string
  readonly clock: Clock
  /** After so long the places of a gateway that is gone are free again. */
  readonly leaseMs: number
}

/** Places that are asked for in one call, and where their questions stand among all. */
interface Group {
  readonly places: AskedPlace[]
  readonly at: number[]
}

/**
 * Requests in flight in Redis, exact over all gateways: one script decides and records. Each place is leased; see `HeldPlaces` for how the
 * leases are kept, and permits.lua for why nothing that is lost or late makes a count wrong for longer than a lease.
 *
 * On a cluster, questions whose keys lie in different slots are asked apart, at the same time. When one group refuses, the others give back what
 * they took; for that long another request may find places taken that nobody uses.
 */
export class RedisPermitStore implements PermitStore {
  readonly #options: PermitStoreOptions
  readonly #calls: PermitCalls
  readonly #held: HeldPlaces
  #count = 0

  constructor(options: PermitStoreOptions) {
    const { servers, script, clock, leaseMs } = options
    this.#options = options
    this.#calls = new PermitCalls(script, leaseMs)
    this.#held = new HeldPlaces({ servers, calls: this.#calls, clock, leaseMs })
  }

  async acquire(questions: readonly PermitQuestion[]): Promise<PermitAnswer> {
    if (questions.length === 0) return { verdicts: [], release: nothing }
    const { keyPrefix, instance } = this.#options
    const places = questions.map((question) => ({
      key: permitKey(keyPrefix, question),
      member: instance + (this.#count++).toString(36),
      limit: question.rule.limit
    }))
    const groups = this.#groups(places)
    const verdicts = groups === null ? await this.#ask(places) : await this.#askAll(groups, places.length)
    if (!isAllowed(verdicts)) return { verdicts, release: nothing }
    this.#held.hold(places)
    return new HeldAnswer(this.#held, places, verdicts)
  }

  /** Redis is back. */
  restore(): void {
    this.#held.tell()
  }

  close(): void {
    this.#held.close()
  }

  async #ask(places: readonly AskedPlace[]): Promise<readonly PermitVerdict[]> {
    const { servers } = this.#options
    const refusal = servers.refusalFor(places[0]?.key ?? '')
    if (refusal !== null) throw refusal
    let answer: unknown
    try {
      answer = await servers.run(this.#calls.acquire(places))
    } catch (error) {
      // Nobody knows whether it was executed, or still will be.
      this.#held.leave(places)
      throw error
    }
    const verdicts = decodeVerdicts(answer, places.length)
    if (verdicts === null) throw new StoreUnavailable('failed', 'Redis answered something that the script does not')
    return verdicts
  }

  /** Null when one call takes them all. */
  #groups(places: readonly AskedPlace[]): readonly Group[] | null {
    const { slotOf } = this.#options.servers
    if (slotOf === null || places.length === 1) return null
    const groups = new Map<number, Group>()
    for (const [index, place] of places.entries()) {
      const slot = slotOf(place.key)
      const group = groups.get(slot)
      if (group === undefined) groups.set(slot, { places: [place], at: [index] })
      else {
        group.places.push(place)
        group.at.push(index)
      }
    }
    return groups.size === 1 ? null : [...groups.values()]
  }

  async #askAll(groups: readonly Group[], count: number): Promise<readonly PermitVerdict[]> {
    const settled = await Promise.allSettled(groups.map(({ places }) => this.#ask(places)))
    const answers = settled.map((result) => (result.status === 'fulfilled' ? result.value : null))
    const isTaken = answers.every((answer) => answer !== null && isAllowed(answer))
    const verdicts = Array.from<PermitVerdict>({ length: count })
    for (const [index, { places, at }] of groups.entries()) {
      const answer = answers[index] ?? []
      const isLeft = !isTaken && isAllowed(answer)
      if (isLeft && answer.length > 0) this.#held.give(places)
      // Without this request, which did not get in.
      for (const [inner, { allowed, inFlight }] of answer.entries())
        verdicts[at[inner] as number] = { allowed, inFlight: isLeft ? inFlight - 1 : inFlight }
    }
    const failure = settled.find((result) => result.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    return verdicts
  }
}

/** What one request holds. */
class HeldAnswer implements PermitAnswer {
  readonly verdicts: readonly PermitVerdict[]
  readonly #held: HeldPlaces
  #places: readonly Place[] | null

  constructor(held: HeldPlaces, places: readonly Place[], verdicts: readonly PermitVerdict[]) {
    this.#held = held
    this.#places = places
    this.verdicts = verdicts
  }

  release(): void {
    const places = this.#places
    this.#places = null
    if (places !== null) this.#held.give(places)
  }
}

function nothing(): void {}

function isAllowed(verdicts: readonly PermitVerdict[]): boolean {
  return verdicts.every(({ allowed }) => allowed)
}
