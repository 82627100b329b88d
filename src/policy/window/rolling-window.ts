const BUCKETS = 10

// Which word of the memory is what. Behind the head come the buckets.
const BUCKET_MS = 0
/** Number of the newest bucket since time zero. */
const NEWEST = 1
/** When it ends, and where it lies: they follow from the number and spare most calls a division. */
const ENDS_MS = 2
const PLACE = 3
const REQUESTS = 4
const FAILURES = 5
const SLOW = 6
const FIRST_BUCKET = 7
const WORDS_PER_BUCKET = 3

/** How much memory a window needs. */
export const WINDOW_WORDS = FIRST_BUCKET + BUCKETS * WORDS_PER_BUCKET

/**
 * Counts of the last `windowMs`, in ten buckets that age by time: a count leaves between nine and ten tenths of the window after it was
 * made, whether anything happens in between or not. Nothing is allocated after construction. An earlier `now` than the latest one counts
 * as that. All state, the length too, lies in its memory, so that several windows over the same memory are one.
 */
export class RollingWindow {
  readonly #words: Float64Array

  /**
   * @param windowMs Positive; memory that is in use keeps the length it has.
   * @param words WINDOW_WORDS of memory: zeroes, or what another window has left there.
   */
  constructor(windowMs: number, words: Float64Array = new Float64Array(WINDOW_WORDS)) {
    this.#words = words
    if (words[BUCKET_MS] === 0) this.configure(windowMs)
  }

  /** As of the last `add` or `age`. */
  get requests(): number {
    return this.#words[REQUESTS] as number
  }
  get failures(): number {
    return this.#words[FAILURES] as number
  }
  get slow(): number {
    return this.#words[SLOW] as number
  }

  add(now: number, failed: boolean, slow: boolean): void {
    const words = this.#words
    const bucket = this.#turnTo(now)
    add(words, bucket, 1)
    add(words, REQUESTS, 1)
    if (failed) {
      add(words, bucket + 1, 1)
      add(words, FAILURES, 1)
    }
    if (slow) {
      add(words, bucket + 2, 1)
      add(words, SLOW, 1)
    }
  }

  /** Lets go of what is older than the window; call it before reading after a silence. */
  age(now: number): void {
    this.#turnTo(now)
  }

  clear(): void {
    this.#words.fill(0, REQUESTS)
    this.#setNewest(-Infinity)
  }

  /** Takes another length and forgets the counts when it differs: buckets of two widths cannot be told apart. */
  configure(windowMs: number): void {
    if (windowMs / BUCKETS === this.#words[BUCKET_MS]) return
    this.#words[BUCKET_MS] = windowMs / BUCKETS
    this.clear()
  }

  /** Makes whole what a thread that ended in the middle of a change has left: all that can be known from the buckets is. */
  repair(): void {
    const words = this.#words
    words.fill(0, REQUESTS, FIRST_BUCKET)
    for (let word = FIRST_BUCKET; word < WINDOW_WORDS; word++)
      add(words, REQUESTS + ((word - FIRST_BUCKET) % WORDS_PER_BUCKET), words[word] as number)
    this.#setNewest(words[NEWEST] as number)
  }

  /** Where the bucket of that time begins. */
  #turnTo(now: number): number {
    if (!(now < (this.#words[ENDS_MS] as number))) this.#turn(Math.floor(now / (this.#words[BUCKET_MS] as number)))
    return (this.#words[PLACE] as number) | 0
  }

  #turn(number: number): void {
    const newest = this.#words[NEWEST] as number
    if (number <= newest) return
    if (number - newest >= BUCKETS) this.clear()
    else for (let past = newest + 1; past <= number; past++) this.#drop(placeOf(past))
    this.#setNewest(number)
  }

  #setNewest(number: number): void {
    const words = this.#words
    words[NEWEST] = number
    words[PLACE] = number === -Infinity ? FIRST_BUCKET : placeOf(number)
    words[ENDS_MS] = (number + 1) * (words[BUCKET_MS] as number)
  }

  #drop(bucket: number): void {
    const words = this.#words
    for (let i = 0; i < WORDS_PER_BUCKET; i++) {
      add(words, REQUESTS + i, -(words[bucket + i] as number))
      words[bucket + i] = 0
    }
  }
}

function add(words: Float64Array, word: number, amount: number): void {
  words[word] = (words[word] as number) + amount
}

/** Times before zero are as good as any. */
function placeOf(number: number): number {
  return FIRST_BUCKET + (((number % BUCKETS) + BUCKETS) % BUCKETS) * WORDS_PER_BUCKET
}
