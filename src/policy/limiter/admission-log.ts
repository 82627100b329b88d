import type { LimitTerms } from './terms.ts'

/** Who was admitted when, in order: an entry is a moment and the units that were admitted then. */
export interface AdmissionLog {
  /** Units in the log. */
  readonly total: number
  /** -Infinity when it is empty. */
  readonly newestUs: number
  /** A full log puts units on its newest entry and gives that the later time: they count for longer, never shorter. So does a cell of time. */
  add(timeUs: number, cost: number, terms: Pick<LimitTerms, 'maxEntries' | 'cellUs'>): void
  /** The newest units first; at most all. */
  takeBack(units: number): void
  /** Drops all that came at this time or before. Whether there was any. */
  dropUntil(timeUs: number): boolean
  /** When the n-th unit, counted from the oldest and from 1, was admitted. */
  timeOfUnitUs(unit: number): number
  moveBack(us: number): void
}

export function isSameCell(aUs: number, bUs: number, cellUs: number): boolean {
  return aUs === bUs || (cellUs > 1 && Math.floor(aUs / cellUs) === Math.floor(bUs / cellUs))
}
