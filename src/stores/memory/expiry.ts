import { SlotChains } from './slot-chains.ts'
import { EXPIRY_LINKS, NO_SLOT, type Slots } from './slots.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
/** About a millisecond: sooner nobody looks. */
const TICK_US = 1024
const MOST_TICKS = 2 ** 31 - 1
/** Four for each power of two, up to 2^31 ticks. */
const CHAINS = 120

/** When the slots of a page are due, and the chain that each waits in. */
interface Page {
  readonly dueUs: Float64Array
  readonly chains: Uint8Array
}

/**
 * Which slots may have expired, without a timer and without an order to keep: a slot waits in the chain of those that had about as long to
 * live when they were filed, and each chain is by itself in the order in which its slots come due. What is due early is filed again for the
 * rest, which is at most a fifth.
 */
export class ExpiryQueues {
  readonly #chains: SlotChains
  /** When the first slot of each chain is due; Infinity for an empty chain. */
  readonly #dueOfFirst = new Float64Array(CHAINS).fill(Infinity)
  readonly #pages: Page[] = []
  /** Nothing is due before; may be too early. */
  #earliestUs = Infinity

  constructor(slots: Slots) {
    this.#chains = new SlotChains(slots, EXPIRY_LINKS, CHAINS)
  }

  /** @param afterUs How long it will count, if nothing more comes. */
  file(slot: number, nowUs: number, afterUs: number): void {
    const ticks = Math.min(MOST_TICKS, Math.floor(afterUs / TICK_US))
    const chain = chainFor(ticks)
    const dueUs = nowUs + Math.max(1, ticksOf(chain)) * TICK_US
    while (slot >>> PAGE_BITS >= this.#pages.length) this.#pages.push({ dueUs: new Float64Array(PAGE_SLOTS), chains: new Uint8Array(PAGE_SLOTS) })
    const page = this.#pageOf(slot)
    page.dueUs[slot & (PAGE_SLOTS - 1)] = dueUs
    page.chains[slot & (PAGE_SLOTS - 1)] = chain
    this.#chains.append(chain, slot)
    if (this.#chains.first(chain) === slot) this.#dueOfFirst[chain] = dueUs
    if (dueUs < this.#earliestUs) this.#earliestUs = dueUs
  }

  remove(slot: number): void {
    const chain = this.#pageOf(slot).chains[slot & (PAGE_SLOTS - 1)] as number
    const isFirst = this.#chains.first(chain) === slot
    this.#chains.remove(chain, slot)
    if (!isFirst) return
    const first = this.#chains.first(chain)
    this.#dueOfFirst[chain] = first === NO_SLOT ? Infinity : (this.#pageOf(first).dueUs[first & (PAGE_SLOTS - 1)] as number)
  }

  /** The slot that has been due for longest; -1 when none is. */
  due(nowUs: number): number {
    if (nowUs < this.#earliestUs) return NO_SLOT
    let chain = 0
    for (let i = 1; i < CHAINS; i++) if ((this.#dueOfFirst[i] as number) < (this.#dueOfFirst[chain] as number)) chain = i
    this.#earliestUs = this.#dueOfFirst[chain] as number
    return this.#earliestUs <= nowUs ? this.#chains.first(chain) : NO_SLOT
  }

  #pageOf(slot: number): Page {
    return this.#pages[slot >>> PAGE_BITS] as Page
  }
}

/** 0 to 3 for as many ticks, then four chains from each power of two to the next. */
function chainFor(ticks: number): number {
  if (ticks < 4) return ticks
  const power = 31 - Math.clz32(ticks)
  return 4 * (power - 1) + ((ticks >>> (power - 2)) & 3)
}

/** The fewest ticks of a chain. */
function ticksOf(chain: number): number {
  return chain < 4 ? chain : (4 + (chain & 3)) * 2 ** ((chain >>> 2) - 1)
}
