import { compileTerms, type LimitTerms } from '../../policy/limiter/terms.ts'
import type { LimitRule } from '../../policy/limiter/types.ts'
import { ExpiryQueues } from './expiry.ts'
import { KeyIndex } from './key-index.ts'
import { SlotChains } from './slot-chains.ts'
import { NO_SLOT, RECENCY_LINKS, Slots, SPACE } from './slots.ts'
import { kindOf, type Space, type StateKind } from './space.ts'
import { SlotLogs } from './slot-logs.ts'
import { States } from './states.ts'
import type { StoreClock } from './store-clock.ts'

/** What a key takes besides its text and its log: its slot, its place in an index, the head of its text. Measured. */
const KEY_BYTES = 128
/** Entries of a log, of 16 bytes, are at most so many of all bytes: one key must not push all others out. */
const LOG_SHARE = 4
const ENTRY_BYTES = 16
const FEWEST_LOG_ENTRIES = 16
/** Slots that each new key looks at: more than one, so that what has expired becomes less while new keys come. */
const SWEPT_PER_KEY = 2
/** Slots that may have expired and are looked at before a live one is given up. */
const SWEPT_PER_EVICTION = 16
const LRU = 0

export interface LimitTableOptions {
  readonly maxKeys: number
  readonly maxBytes: number
  readonly clock: StoreClock
  readonly onLiveEviction: () => void
}

/** The keys of all rules within one bound: those that no longer count go first, then those that were not asked about for longest. */
export class LimitTable {
  readonly #options: LimitTableOptions
  readonly #maxLogEntries: number
  readonly #spaces: Readonly<Record<StateKind, Map<string, Space>>>
  /** By number. They stay: there are as many as rules were ever configured. */
  readonly #numbered: Space[] = []
  /** Of rules that share an id, as before and after a reload: they take turns. */
  readonly #terms = new WeakMap<LimitRule, LimitTerms>()
  readonly #slots = new Slots()
  readonly #index: KeyIndex
  readonly #recency = new SlotChains(this.#slots, RECENCY_LINKS, 1)
  readonly #expiry = new ExpiryQueues(this.#slots)
  readonly #logs = new SlotLogs(this.#slots)
  readonly states = new States(this.#slots, this.#logs)
  #keys = 0
  /** Without logs. */
  #keyBytes = 0
  #liveEvictions = 0
  #removals = 0

  constructor(options: LimitTableOptions, seed: number) {
    this.#options = options
    this.#index = new KeyIndex(this.#slots, seed)
    this.#maxLogEntries = Math.max(FEWEST_LOG_ENTRIES, Math.floor(options.maxBytes / LOG_SHARE / ENTRY_BYTES))
    this.#spaces = { gcra: new Map(), 'sliding-window': new Map(), 'fixed-window': new Map(), 'calendar-window': new Map() }
  }

  get keys(): number {
    return this.#keys
  }

  get bytes(): number {
    return this.#keyBytes + this.#logs.bytes
  }

  get liveEvictions(): number {
    return this.#liveEvictions
  }

  /** Changes with every slot that is given up: whoever holds one looks it up again. */
  get removals(): number {
    return this.#removals
  }

  /** With the terms of this very rule, which a reload may have changed. */
  spaceFor(rule: LimitRule): Space {
    const kind = kindOf(rule)
    const space = this.#spaces[kind].get(rule.id)
    if (space?.rule === rule) return space
    const terms = this.#termsOf(rule)
    if (space !== undefined) {
      space.rule = rule
      space.terms = terms
      return space
    }
    const created = { number: this.#numbered.length, kind, rule, terms }
    this.#numbered.push(created)
    this.#spaces[kind].set(rule.id, created)
    return created
  }

  find(space: Space, key: string): number {
    return this.#index.find(space.number, key)
  }

  /** Its key was asked about. */
  touch(slot: number): void {
    this.#recency.moveToEnd(LRU, slot)
  }

  /** A slot for a key that has none; others are given up for it where there is no room. To be filed as soon as something is recorded in it. */
  enter(space: Space, key: string): number {
    const bytes = bytesOf(key)
    for (let i = 0; i < SWEPT_PER_KEY; i++) this.#giveUpDue()
    while (this.#keys > 0 && (this.#keys >= this.#options.maxKeys || this.bytes + bytes > this.#options.maxBytes)) this.#evict()
    const slot = this.#slots.take(key)
    this.#slots.setInteger(slot, SPACE, space.number)
    this.#index.add(slot)
    this.#recency.append(LRU, slot)
    this.#keys++
    this.#keyBytes += bytes
    return slot
  }

  /** From now on it is given up when it counts no longer. */
  file(slot: number): void {
    this.#expiry.file(slot, this.#options.clock.nowUs, this.#resetUs(slot))
  }

  /** Others are given up for the log of a slot, which was just touched, where it has no room. */
  makeRoom(): void {
    while (this.bytes > this.#options.maxBytes && this.#keys > 1) this.#evict()
  }

  /** Gives up one that has expired, otherwise the one that was not asked about for longest. */
  #evict(): void {
    for (let i = 0; i < SWEPT_PER_EVICTION; i++) if (this.#giveUpDue()) return
    const slot = this.#recency.first(LRU)
    const isLive = this.#resetUs(slot) > 0
    this.#remove(slot)
    if (!isLive) return
    this.#liveEvictions++
    this.#options.onLiveEviction()
  }

  /** Looks at the slot that has been due for longest: it is given up when it has expired, and filed again otherwise. */
  #giveUpDue(): boolean {
    const { nowUs } = this.#options.clock
    const slot = this.#expiry.due(nowUs)
    if (slot === NO_SLOT) return false
    const resetUs = this.#resetUs(slot)
    if (resetUs === 0) {
      this.#remove(slot)
      return true
    }
    this.#expiry.remove(slot)
    this.#expiry.file(slot, nowUs, resetUs)
    return false
  }

  #termsOf(rule: LimitRule): LimitTerms {
    const known = this.#terms.get(rule)
    if (known !== undefined) return known
    const terms = compileTerms(rule, this.#maxLogEntries)
    this.#terms.set(rule, terms)
    return terms
  }

  #resetUs(slot: number): number {
    const { kind, terms } = this.#numbered[this.#slots.integer(slot, SPACE)] as Space
    return this.states.resetUs(kind, terms, slot, this.#options.clock.timeUs(kind))
  }

  #remove(slot: number): void {
    this.#keyBytes -= bytesOf(this.#slots.keyOf(slot))
    if ((this.#numbered[this.#slots.integer(slot, SPACE)] as Space).kind === 'sliding-window') this.#logs.clear(slot)
    this.#index.remove(slot)
    this.#recency.remove(LRU, slot)
    this.#expiry.remove(slot)
    this.#slots.giveBack(slot)
    this.#keys--
    this.#removals++
  }
}

function bytesOf(key: string): number {
  return KEY_BYTES + textBytes(key)
}

/** As V8 keeps it: a byte for each character while all are Latin-1. */
function textBytes(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return 2 * text.length
  return text.length
}
