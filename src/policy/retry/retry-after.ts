/**
 * What a `Retry-After` field asks for (RFC 9110 section 10.2.3): seconds, or a date.
 * @param wallNowMs Ms since the Unix epoch, for dates.
 * @returns ms from now, 0 for a date that is over; null for anything else.
 */
export function parseRetryAfter(text: string, wallNowMs: number): number | null {
  const value = text.trim()
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  // IMF-fixdate and the two obsolete forms all begin with the name of a day; Date.parse alone would take almost anything.
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return null
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - wallNowMs)
}
