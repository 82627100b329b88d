import type { Clock } from '../plugin-api/index.ts'
import { createMembership } from '../policy/membership/membership.ts'
import type { HeldMember, Membership, MembershipRule } from '../policy/membership/types.ts'
import type { DiscoveryEvent, ServiceName } from './events.ts'
import type { Answer, Instance, Observer, SkippedEntry, Source } from './types.ts'

export interface WatchOptions {
  readonly name: ServiceName
  readonly rule: MembershipRule
  readonly clock: Clock
  /** What is known from before, and since when; null when nothing is. */
  readonly known: { readonly instances: readonly Instance[]; readonly atMs: number } | null
  readonly start: (observer: Observer) => Source
  readonly onEvent: (event: DiscoveryEvent) => void
  /** Told of the list of instances after each change, to keep it. */
  readonly onInstances: (instances: readonly Instance[]) => void
}

/** What there is to tell about one service that is followed. Times are ms since the Unix epoch. */
export interface WatchStatus extends ServiceName {
  /** Whether there has been an answer, or a list from before. */
  readonly isKnown: boolean
  /** Null before the first answer of this process. */
  readonly lastAnswerMs: number | null
  /** Since when the registry has not answered; null when it does. */
  readonly failingSinceMs: number | null
  readonly lastError: string | null
  /** When the list from before was saved, as long as no answer has come; null otherwise. */
  readonly restoredFromMs: number | null
  readonly skipped: readonly SkippedEntry[]
  readonly held: readonly HeldMember<Instance>[]
  /** Wall minus monotonic time, for `held`. */
  readonly wallOffsetMs: number
}

/** Reads of a list that cannot be read yet are not repeated faster than this. */
const LEAST_CONFIRM_MS = 50

/**
 * One service that is followed, for all upstreams that ask for the same: the registry's answers, judged by what registries are known to get
 * wrong. Never forgets what it knew because nobody answers.
 */
export class ServiceWatch implements Observer {
  readonly name: ServiceName
  /** Resolves when the service is known. */
  readonly ready: Promise<void>
  readonly #options: WatchOptions
  readonly #membership: Membership<Instance>
  readonly #source: Source
  readonly #subscribers = new Set<() => void>()
  #markKnown: () => void = () => {}
  #answeredMs: number | null = null
  #failingSinceMs: number | null = null
  #lastError: string | null = null
  #skipped: readonly SkippedEntry[] = []
  #heldSaid = ''
  #cancelConfirm: (() => void) | null = null

  constructor(options: WatchOptions) {
    const { known, rule, name, onEvent } = options
    this.#options = options
    this.name = name
    this.#membership = createMembership(rule, ({ origin }) => origin, isSame, known?.instances)
    this.ready = new Promise((resolve) => {
      this.#markKnown = resolve
    })
    if (known !== null) {
      onEvent({ kind: 'restored', total: known.instances.length, savedAtMs: known.atMs })
      this.#markKnown()
    }
    this.#source = options.start(this)
  }

  /** What to use now. The list keeps its identity until it changes. */
  get instances(): readonly Instance[] {
    return this.#membership.members
  }

  get isKnown(): boolean {
    return this.#answeredMs !== null || this.#options.known !== null
  }

  get status(): WatchStatus {
    const { clock, known } = this.#options
    const wallOffsetMs = clock.wall() - clock.now()
    const toWall = (ms: number | null): number | null => (ms === null ? null : Math.round(ms + wallOffsetMs))
    return {
      ...this.name,
      isKnown: this.isKnown,
      lastAnswerMs: toWall(this.#answeredMs),
      failingSinceMs: toWall(this.#failingSinceMs),
      lastError: this.#lastError,
      restoredFromMs: this.#answeredMs === null ? (known?.atMs ?? null) : null,
      skipped: this.#skipped,
      held: this.#membership.held,
      wallOffsetMs
    }
  }

  /** Calls back after each change of `instances`. Returns the end of it. */
  subscribe(run: () => void): () => void {
    this.#subscribers.add(run)
    return () => {
      this.#subscribers.delete(run)
    }
  }

  configure(rule: MembershipRule): void {
    this.#membership.configure(rule)
  }

  stop(): void {
    this.#source.stop()
    this.#cancelConfirm?.()
    this.#subscribers.clear()
  }

  onAnswer({ instances, skipped, refilling = false }: Answer): void {
    const { clock, onEvent, onInstances } = this.#options
    const now = clock.now()
    if (this.#failingSinceMs !== null) onEvent({ kind: 'recovered', afterMs: now - this.#failingSinceMs })
    this.#answeredMs = now
    this.#failingSinceMs = null
    this.#lastError = null
    this.#tellSkipped(skipped)
    const before = this.#membership.members
    const changed = this.#membership.feed(instances, refilling, now)
    this.#tellHeld(now)
    this.#confirmLater(now)
    this.#markKnown()
    if (!changed) return
    onEvent({ kind: 'changed', ...difference(before, this.#membership.members), total: this.#membership.members.length })
    onInstances(this.#membership.members)
    for (const run of this.#subscribers) run()
  }

  onFailure(error: Error): void {
    const { clock, onEvent } = this.#options
    const isFirst = this.#failingSinceMs === null
    this.#failingSinceMs ??= clock.now()
    if (isFirst || this.#lastError !== error.message) onEvent({ kind: 'failing', reason: error.message })
    this.#lastError = error.message
  }

  /** Each entry and reason once, however often the same answer comes. */
  #tellSkipped(skipped: readonly SkippedEntry[]): void {
    const known = new Set(this.#skipped.map(({ entry, reason }) => `${entry} ${reason}`))
    for (const one of skipped) if (!known.has(`${one.entry} ${one.reason}`)) this.#options.onEvent({ kind: 'skipped', ...one })
    this.#skipped = skipped
  }

  #tellHeld(now: number): void {
    const { held, confirmAtMs } = this.#membership
    const said = held.map(({ member, reason }) => `${member.origin} ${reason}`).join(' ')
    if (said === this.#heldSaid) return
    this.#heldSaid = said
    const [first] = held
    if (first === undefined) return
    const endpoints = held.map(({ member }) => member.origin)
    this.#options.onEvent({ kind: 'held', reason: first.reason, endpoints, forMs: confirmAtMs - now })
  }

  /** What is held is taken away by an answer only, so one has to come when it is due. */
  #confirmLater(now: number): void {
    this.#cancelConfirm?.()
    this.#cancelConfirm = null
    const { confirmAtMs } = this.#membership
    if (confirmAtMs === Infinity) return
    this.#cancelConfirm = this.#options.clock.after(Math.max(LEAST_CONFIRM_MS, confirmAtMs - now), () => {
      this.#cancelConfirm = null
      this.#source.refresh()
    })
  }
}

function isSame(a: Instance, b: Instance): boolean {
  return (
    a.origin === b.origin &&
    a.weight === b.weight &&
    a.zone === b.zone &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, index) => tag === b.tags[index])
  )
}

function difference(
  before: readonly Instance[],
  after: readonly Instance[]
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const old = new Set(before.map(({ origin }) => origin))
  const now = new Set(after.map(({ origin }) => origin))
  return { added: [...now].filter((origin) => !old.has(origin)), removed: [...old].filter((origin) => !now.has(origin)) }
}
