import type { LimitCalendar } from './types.ts'

const US_PER_MS = 1000
const MINUTE_US = 60_000_000
const LENGTHS_US = { minute: MINUTE_US, hour: 60 * MINUTE_US, day: 24 * 60 * MINUTE_US } as const

/** The boundary, in UTC, at or before this moment; µs since the Unix epoch, which counts no leap seconds. */
export function calendarStartUs(calendar: LimitCalendar, wallUs: number): number {
  if (calendar === 'month') return monthUs(wallUs, 0)
  const lengthUs = LENGTHS_US[calendar]
  return Math.floor(wallUs / lengthUs) * lengthUs
}

/** The next boundary after this moment. */
export function calendarEndUs(calendar: LimitCalendar, wallUs: number): number {
  return calendar === 'month' ? monthUs(wallUs, 1) : calendarStartUs(calendar, wallUs) + LENGTHS_US[calendar]
}

function monthUs(wallUs: number, later: number): number {
  const date = new Date(Math.floor(wallUs / US_PER_MS))
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later) * US_PER_MS
}
