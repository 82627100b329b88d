const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const DURATION = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g

/** Milliseconds of a duration in Go's syntax (https://pkg.go.dev/time#ParseDuration), such as `1m30s` or `500ms`; null when it is none. */
export function parseDuration(text: string): number | null {
  if (/^[-+]?0$/.test(text)) return 0
  const [, sign, parts = ''] = DURATION.exec(text) ?? []
  if (sign === undefined) return null
  let ms = 0
  for (const [, number, unit = ''] of parts.matchAll(PART)) ms += Number(number) * (UNIT_MS[unit] ?? 0)
  // Go counts nanoseconds in 64 bits.
  if (ms > 2 ** 63 / 1e6) return null
  return sign === '-' ? -ms : ms
}
