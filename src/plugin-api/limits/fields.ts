/** The fields of draft-ietf-httpapi-ratelimit-headers, structured fields (RFC 9651): a list of named items with parameters. */
export interface RateLimitFields {
  /** `"orders"` */
  readonly name: string
  /** `"orders";q=100;w=60` */
  readonly policy: string
  /** `"orders";r=99;t=60` */
  state(remaining: number, resetMs: number): string
}

/** RFC 9651 section 3.3.1: no integer has more than 15 digits. */
const LARGEST = 999_999_999_999_999

export function createFields(name: string, limit: number, windowMs: number): RateLimitFields {
  const item = quoted(name)
  return {
    name: item,
    policy: `${item};q=${Math.min(LARGEST, limit)};w=${wholeSeconds(windowMs)}`,
    state: (remaining, resetMs) => `${item};r=${Math.min(LARGEST, remaining)};t=${wholeSeconds(resetMs)}`
  }
}

/** Rounded up: never too early, but for what no field can tell. */
export function wholeSeconds(ms: number): number {
  return Math.min(LARGEST, Math.ceil(ms / 1000))
}

/** RFC 9651 section 3.3.3: visible ASCII and space only. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
