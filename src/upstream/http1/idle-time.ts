/** By so much earlier than the endpoint says that it will. */
const MARGIN_MS = 2_000
const MOST_MS = 600_000

/** For how long an endpoint keeps a connection by `Keep-Alive: timeout=5`, ms; null where it does not say. */
export function idleTimeOf(fields: readonly string[]): number | null {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length !== 10 || name.toLowerCase() !== 'keep-alive') continue
    const seconds = /(?:^|[\s,;])timeout=(\d{1,9})/i.exec(fields[i + 1] as string)?.[1]
    return seconds === undefined ? null : Math.min(MOST_MS, Number(seconds) * 1000 - MARGIN_MS)
  }
  return null
}
