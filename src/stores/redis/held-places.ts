import type { Clock } from '../../plugin-api/index.ts'
import type { StoreUnavailable } from '../../plugin-api/limits/store.ts'
import type { ScriptServers } from './limit-store.ts'
import type { PermitCalls, Place } from './permit-calls.ts'

/** In one call, and on their way at once: Redis does nothing else for about a millisecond. */
const MOST_AT_ONCE = 500

/** Servers of which is known whether they are there. */
export interface PresentServers extends ScriptServers {
  /** Why the server of a key is not asked now; null when it is. */
  refusalFor(key: string): StoreUnavailable | null
}

export interface HeldPlacesOptions {
  readonly servers: PresentServers
  readonly calls: PermitCalls
  readonly clock: Clock
  readonly leaseMs: number
}

/**
 * The places that this gateway holds. It says so again three times in each lease, also when Redis has forgotten them, and no more once it is gone.
 * What could not be given back, or was perhaps taken by a call without an answer, is given back as soon as Redis can be asked, or lapses.
 */
export class HeldPlaces {
  readonly #options: HeldPlacesOptions
  /** Key by member. */
  readonly #held = new Map<string, string>()
  /** To be given back; `untilMs` is when they will have lapsed. */
  readonly #leaving = new Map<string, Place & { readonly untilMs: number }>()
  #cancelTimer: (() => void) | null = null
  #isTelling = false
  #tellAgain = false
  #isClosed = false

  constructor(options: HeldPlacesOptions) {
    this.#options = options
  }

  hold(places: readonly Place[]): void {
    for (const { key, member } of places) this.#held.set(member, key)
    this.#arm()
  }

  give(places: readonly Place[]): void {
    for (const { member } of places) this.#held.delete(member)
    const { servers, calls } = this.#options
    for (const group of this.#groups(places)) {
      servers.run(calls.change('release', group)).catch(() => {
        this.leave(group)
      })
    }
  }

  /** Places that Redis may have for nobody. */
  leave(places: readonly Place[]): void {
    const untilMs = this.#options.clock.now() + this.#options.leaseMs
    for (const place of places) this.#leaving.set(place.member, { ...place, untilMs })
    this.#arm()
  }

  /** Redis is back, perhaps with nothing in its memory: it hears of all places before it is asked for more. */
  tell(): void {
    if (this.#isClosed) return
    this.#tellAgain = this.#isTelling
    if (!this.#isTelling) void this.#tellAll()
  }

  /** What is still held lapses. */
  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #arm(): void {
    if (this.#cancelTimer !== null || this.#isClosed) return
    this.#cancelTimer = this.#options.clock.after(this.#options.leaseMs / 3, () => {
      this.#cancelTimer = null
      if (this.#held.size + this.#leaving.size === 0) return
      this.#arm()
      this.tell()
    })
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true
    do {
      this.#tellAgain = false
      await this.#tellHeld()
      await this.#tellLeaving()
    } while (this.#tellAgain && !this.#isClosed)
    this.#isTelling = false
  }

  async #tellHeld(): Promise<void> {
    const all = Array.from(this.#held, ([member, key]) => ({ member, key })).filter(({ key }) => this.#isThere(key))
    for (let i = 0; i < all.length; i += MOST_AT_ONCE) {
      // Those that were given back meanwhile must not come again.
      await this.#send(
        'hold',
        all.slice(i, i + MOST_AT_ONCE).filter(({ member }) => this.#held.has(member))
      )
    }
  }

  async #tellLeaving(): Promise<void> {
    // Of a server that is away they stay, few as they are: it may take late what it was sent before it went.
    const all = [...this.#leaving.values()].filter(({ key }) => this.#isThere(key))
    for (let i = 0; i < all.length; i += MOST_AT_ONCE) {
      for (const { member } of await this.#send('release', all.slice(i, i + MOST_AT_ONCE))) this.#leaving.delete(member)
    }
    const now = this.#options.clock.now()
    for (const { member, untilMs } of all) if (untilMs <= now) this.#leaving.delete(member)
  }

  /** Resolves to those that Redis was told of; the others have their turn again. */
  async #send(deed: 'hold' | 'release', places: readonly Place[]): Promise<readonly Place[]> {
    const { servers, calls } = this.#options
    const groups = this.#groups(places)
    const settled = await Promise.allSettled(groups.map((group) => servers.run(calls.change(deed, group))))
    return groups.flatMap((group, index) => (settled[index]?.status === 'fulfilled' ? group : []))
  }

  #isThere(key: string): boolean {
    return this.#options.servers.refusalFor(key) === null
  }

  /** By what may be in one call. */
  #groups(places: readonly Place[]): readonly (readonly Place[])[] {
    const { slotOf } = this.#options.servers
    if (places.length <= 1) return places.length === 0 ? [] : [places]
    return slotOf === null ? [places] : [...Map.groupBy(places, ({ key }) => slotOf(key)).values()]
  }
}
