/** By so much earlier than the endpoint says that it will. */
const MARGIN_MS = 2_000
const MOST_MS = 600_000

/** For how long an endpoint keeps a connection by a value of Keep-Alive such as `timeout=5`, ms; null where it does not say. */
export function idleTimeOf(keepAlive: string): number | null {
  const seconds = /(?:^|[\s,;])timeout=(\d{1,9})/i.exec(keepAlive)?.[1]
  return seconds === undefined ? null : Math.min(MOST_MS, Number(seconds) * 1000 - MARGIN_MS)
}
