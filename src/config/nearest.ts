/** The candidate that was probably meant, or null when none is close. */
export function nearest(text: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(text.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = fold(text) === fold(candidate) ? 0 : editDistance(text, candidate, bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** `did you mean "x"?`, or the list of what is allowed when nothing is close. */
export function suggestion(text: string, candidates: readonly string[], what: string): string {
  const close = nearest(text, candidates)
  if (close !== null) return `did you mean "${close}"?`
  if (candidates.length === 0) return `there are no ${what}`
  const listed = candidates.slice(0, 16).join(', ')
  return `${what}: ${listed}${candidates.length > 16 ? ', …' : ''}`
}

/** `rateLimit`, `rate_limit` and `rate-limit` are the same slip. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** Damerau-Levenshtein (optimal string alignment); gives up with `limit` as soon as the distance cannot be below it. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) distance = Math.min(distance, at(beforeLast, j - 2) + 1)
      row.push(distance)
    }
    if (Math.min(...row) >= limit) return limit
    ;[beforeLast, last] = [last, row]
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
