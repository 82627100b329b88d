const BUCKETS = 10

interface Bucket {
  requests: number
  failures: number
  slow: number
}

/**
 * Counts of the last `windowMs`, in ten buckets that age by time: a count leaves between nine and ten tenths of the window after it was
 * made, whether anything happens in between or not. Nothing is allocated after construction. An earlier `now` than the latest one counts
 * as that.
 */
export class RollingWindow {
  readonly #buckets: readonly Bucket[] = Array.from({ length: BUCKETS }, () => ({ requests: 0, failures: 0, slow: 0 }))
  #bucketMs: number
  /** Number of the newest bucket since time zero; its place is this modulo ten. */
  #newest = -Infinity
  #requests = 0
  #failures = 0
  #slow = 0

  /** @param windowMs Positive. */
  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS
  }

  /** As of the last `add` or `age`. */
  get requests(): number {
    return this.#requests
  }
  get failures(): number {
    return this.#failures
  }
  get slow(): number {
    return this.#slow
  }

  add(now: number, failed: boolean, slow: boolean): void {
    const bucket = this.#turnTo(now)
    bucket.requests++
    this.#requests++
    if (failed) {
      bucket.failures++
      this.#failures++
    }
    if (slow) {
      bucket.slow++
      this.#slow++
    }
  }

  /** Lets go of what is older than the window; call it before reading after a silence. */
  age(now: number): void {
    this.#turnTo(now)
  }

  clear(): void {
    for (const bucket of this.#buckets) this.#drop(bucket)
    this.#newest = -Infinity
  }

  /** Takes another length and forgets the counts when it differs: buckets of two widths cannot be told apart. */
  configure(windowMs: number): void {
    if (windowMs / BUCKETS === this.#bucketMs) return
    this.#bucketMs = windowMs / BUCKETS
    this.clear()
  }

  #turnTo(now: number): Bucket {
    const number = Math.floor(now / this.#bucketMs)
    if (number > this.#newest) {
      if (number - this.#newest >= BUCKETS) this.clear()
      else for (let past = this.#newest + 1; past <= number; past++) this.#drop(this.#at(past))
      this.#newest = number
    }
    return this.#at(this.#newest)
  }

  #at(number: number): Bucket {
    // Times before zero are as good as any.
    return this.#buckets[((number % BUCKETS) + BUCKETS) % BUCKETS] as Bucket
  }

  #drop(bucket: Bucket): void {
    this.#requests -= bucket.requests
    this.#failures -= bucket.failures
    this.#slow -= bucket.slow
    bucket.requests = 0
    bucket.failures = 0
    bucket.slow = 0
  }
}
