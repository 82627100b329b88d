import {
  ageFixedWindow,
  decideFixedWindow,
  newFixedWindowState,
  recordFixedWindow,
  resetOfFixedWindowUs,
  type FixedWindowState
} from '../../policy/limiter/fixed-window.ts'
import { ageGcra, decideGcra, newGcraState, recordGcra, resetOfGcraUs, type GcraState } from '../../policy/limiter/gcra.ts'
import { decideSlidingWindow, recordSlidingWindow, resetOfSlidingWindowUs } from '../../policy/limiter/sliding-window.ts'
import type { LimitTerms } from '../../policy/limiter/terms.ts'
import type { LimitVerdict } from '../../policy/limiter/types.ts'
import type { Logs } from './slot-logs.ts'
import { NO_SLOT, type Slots } from './slots.ts'
import type { StateKind } from './space.ts'

/** The algorithms on the numbers of slots. Each has one object that it works on, of one shape, so that no decision allocates any. */
export class States {
  readonly #slots: Pick<Slots, 'doublesOf' | 'offsetOf'>
  readonly #logs: Logs
  readonly #gcra = newGcraState()
  readonly #fixed = newFixedWindowState()

  constructor(slots: Pick<Slots, 'doublesOf' | 'offsetOf'>, logs: Logs) {
    this.#slots = slots
    this.#logs = logs
  }

  /** Records nothing, but what time has changed. Of a slot that is not there nothing was counted. */
  decide(kind: StateKind, terms: LimitTerms, slot: number, cost: number, timeUs: number, before: number): LimitVerdict {
    switch (kind) {
      case 'gcra':
        return decideGcra(terms, this.#loadGcra(terms, slot, timeUs), cost, before)
      case 'sliding-window':
        return decideSlidingWindow(terms, this.#logs.age(terms, slot, timeUs), cost, timeUs, before)
      case 'fixed-window':
      case 'calendar-window':
        return decideFixedWindow(terms, this.#loadFixed(terms, slot, timeUs), cost, timeUs, before)
    }
  }

  record(kind: StateKind, terms: LimitTerms, slot: number, cost: number, timeUs: number): void {
    switch (kind) {
      case 'gcra':
        recordGcra(this.#loadGcra(terms, slot, timeUs), cost)
        this.#saveGcra(slot)
        break
      case 'sliding-window':
        this.#recordInLog(terms, slot, cost, timeUs)
        break
      case 'fixed-window':
      case 'calendar-window':
        recordFixedWindow(this.#loadFixed(terms, slot, timeUs), cost)
        this.#saveFixed(slot)
    }
  }

  /** How long it will count, if nothing more comes. */
  resetUs(kind: StateKind, terms: LimitTerms, slot: number, timeUs: number): number {
    switch (kind) {
      case 'gcra':
        return resetOfGcraUs(terms, this.#loadGcra(terms, slot, timeUs))
      case 'sliding-window':
        return resetOfSlidingWindowUs(terms, this.#logs.age(terms, slot, timeUs), timeUs)
      case 'fixed-window':
      case 'calendar-window':
        return resetOfFixedWindowUs(terms, this.#loadFixed(terms, slot, timeUs), timeUs)
    }
  }

  /** Aged in the slot too: a refused request must not put off what flows out, whichever way the clock has gone. */
  #loadGcra(terms: LimitTerms, slot: number, timeUs: number): GcraState {
    const state = this.#gcra
    if (slot === NO_SLOT) {
      state.units = 0
      state.fraction = 0
      ageGcra(terms, state, timeUs)
      return state
    }
    const doubles = this.#slots.doublesOf(slot)
    const at = this.#slots.offsetOf(slot)
    state.atUs = doubles[at] as number
    state.units = doubles[at + 1] as number
    state.fraction = doubles[at + 2] as number
    state.windowUs = doubles[at + 3] as number
    ageGcra(terms, state, timeUs)
    this.#saveGcra(slot)
    return state
  }

  #saveGcra(slot: number): void {
    const { atUs, units, fraction, windowUs } = this.#gcra
    const doubles = this.#slots.doublesOf(slot)
    const at = this.#slots.offsetOf(slot)
    doubles[at] = atUs
    doubles[at + 1] = units
    doubles[at + 2] = fraction
    doubles[at + 3] = windowUs
  }

  #loadFixed(terms: LimitTerms, slot: number, timeUs: number): FixedWindowState {
    const state = this.#fixed
    if (slot === NO_SLOT) {
      state.count = 0
      ageFixedWindow(terms, state, timeUs)
      return state
    }
    const doubles = this.#slots.doublesOf(slot)
    const at = this.#slots.offsetOf(slot)
    state.startUs = doubles[at] as number
    state.count = doubles[at + 1] as number
    ageFixedWindow(terms, state, timeUs)
    this.#saveFixed(slot)
    return state
  }

  #saveFixed(slot: number): void {
    const doubles = this.#slots.doublesOf(slot)
    const at = this.#slots.offsetOf(slot)
    doubles[at] = this.#fixed.startUs
    doubles[at + 1] = this.#fixed.count
  }

  #recordInLog(terms: LimitTerms, slot: number, cost: number, timeUs: number): void {
    const log = this.#logs.age(terms, slot, timeUs)
    recordSlidingWindow(terms, log, cost, timeUs)
    this.#logs.keep(slot, log)
  }
}
