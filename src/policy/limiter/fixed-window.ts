import { calendarEndUs, calendarStartUs } from './calendar.ts'
import type { LimitTerms } from './terms.ts'
import type { LimitVerdict } from './types.ts'
import { verdictOf } from './verdict.ts'

/** A clock that is set back over a boundary by no more than this stays in the later window: its limit must not be there twice. */
const HELD_US = 5_000_000

export interface FixedWindowState {
  /** Of the window that was counted in. By the wall clock when windows are those of the calendar. */
  startUs: number
  count: number
}

export function newFixedWindowState(): FixedWindowState {
  return { startUs: 0, count: 0 }
}

/**
 * Begins a new window when the old one is over. When time goes back the count goes along: a window that began with an admission begins anew
 * with it, one of the calendar gives it to the window of that time. So nothing is closed for longer than one window.
 */
export function ageFixedWindow(terms: LimitTerms, state: FixedWindowState, nowUs: number): void {
  if (terms.calendar !== null) {
    const startUs = calendarStartUs(terms.calendar, nowUs)
    if (state.startUs < startUs) state.count = 0
    if (state.count === 0 || state.startUs < startUs || state.startUs > nowUs + HELD_US) state.startUs = startUs
    return
  }
  if (nowUs - state.startUs >= terms.windowUs) state.count = 0
  if (state.count === 0 || nowUs < state.startUs) state.startUs = nowUs
}

/**
 * Of an aged state.
 * @param before Units of earlier questions of the same request, which are recorded together with this one.
 */
export function decideFixedWindow(terms: LimitTerms, state: FixedWindowState, cost: number, nowUs: number, before = 0): LimitVerdict {
  const { count } = state
  const wanted = before + cost
  const untilEndUs = endUs(terms, state) - nowUs
  if (cost === 0 || count + wanted <= terms.limit) return verdictOf(true, terms.limit - count - wanted, count + wanted > 0 ? untilEndUs : 0, 0)
  return verdictOf(false, terms.limit - count, count > 0 ? untilEndUs : 0, wanted > terms.limit ? Infinity : untilEndUs)
}

/** Into an aged state. A negative cost gives back, at most what was counted. */
export function recordFixedWindow(state: FixedWindowState, cost: number): void {
  state.count = Math.max(0, state.count + cost)
}

/** Until an aged state counts nothing. */
export function resetOfFixedWindowUs(terms: LimitTerms, state: FixedWindowState, nowUs: number): number {
  return state.count > 0 ? endUs(terms, state) - nowUs : 0
}

function endUs(terms: LimitTerms, state: FixedWindowState): number {
  return terms.calendar === null ? state.startUs + terms.windowUs : calendarEndUs(terms.calendar, state.startUs)
}
