/** The largest `Max-Forwards` that is passed on (RFC 9110 section 7.6.2). */
const MOST_HOPS = 999_999_999

/** How often the request may still be forwarded; null for what is no number. */
export function hopsLeft(field: string): number | null {
  return /^[0-9]+$/.test(field) ? Number(field) : null
}

/** One hop less, in place. */
export function countDown(fields: string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() !== 'max-forwards') continue
    const hops = hopsLeft(fields[i + 1] as string)
    if (hops !== null && hops > 0) fields[i + 1] = String(Math.min(hops - 1, MOST_HOPS))
  }
}
