import { NO_SLOT, type Slots } from './slots.ts'

/** Doubly linked lists of slots, each slot in at most one of them. */
export class SlotChains {
  readonly #slots: Slots
  readonly #before: number
  readonly #behind: number
  readonly #first: Int32Array
  readonly #last: Int32Array

  /** @param links The first of the two integers of a slot that are for these chains. */
  constructor(slots: Slots, links: number, chains: number) {
    this.#slots = slots
    this.#before = links
    this.#behind = links + 1
    this.#first = new Int32Array(chains).fill(NO_SLOT)
    this.#last = new Int32Array(chains).fill(NO_SLOT)
  }

  /** -1 when the chain is empty. */
  first(chain: number): number {
    return this.#first[chain] as number
  }

  append(chain: number, slot: number): void {
    const last = this.#last[chain] as number
    this.#slots.setInteger(slot, this.#before, last)
    this.#slots.setInteger(slot, this.#behind, NO_SLOT)
    if (last === NO_SLOT) this.#first[chain] = slot
    else this.#slots.setInteger(last, this.#behind, slot)
    this.#last[chain] = slot
  }

  remove(chain: number, slot: number): void {
    const before = this.#slots.integer(slot, this.#before)
    const behind = this.#slots.integer(slot, this.#behind)
    if (before === NO_SLOT) this.#first[chain] = behind
    else this.#slots.setInteger(before, this.#behind, behind)
    if (behind === NO_SLOT) this.#last[chain] = before
    else this.#slots.setInteger(behind, this.#before, before)
  }

  moveToEnd(chain: number, slot: number): void {
    if (this.#last[chain] === slot) return
    this.remove(chain, slot)
    this.append(chain, slot)
  }
}
