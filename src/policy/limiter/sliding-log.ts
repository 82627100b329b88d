import { isSameCell, type AdmissionLog } from './admission-log.ts'
import type { LimitTerms } from './terms.ts'

/** Entries of a new log, and of a segment that grows no more. Powers of two. */
const FIRST_ENTRIES = 2
const SEGMENT_ENTRIES = 512
/** Sums begin anew before doubles stop to count by one. */
const LARGEST_SUM = 2 ** 52

/** Heap of a log and of each of its segments and entries, measured. */
const LOG_BYTES = 80
const SEGMENT_BYTES = 136
const ENTRY_BYTES = 16

/** A ring of pairs: a time, and the sum of all units that were ever admitted up to it. */
interface Segment {
  pairs: number[]
  entries: number
  first: number
  count: number
  prev: Segment | null
  next: Segment | null
}

/**
 * Who was admitted when, in order: one entry for each moment. It grows with what it has to hold, by segments, so that the log of a large limit
 * is never copied as a whole. With sums in place of single costs the moment of any unit is found by bisection.
 */
export class SlidingLog implements AdmissionLog {
  #head: Segment = newSegment(FIRST_ENTRIES)
  #tail: Segment = this.#head
  #entries = 0
  #capacity = FIRST_ENTRIES
  #segments = 1
  /** Of all units admitted, and of those that were dropped again. */
  #sum = 0
  #dropped = 0

  get total(): number {
    return this.#sum - this.#dropped
  }

  get entries(): number {
    return this.#entries
  }

  /** About what it takes of the heap. */
  get bytes(): number {
    return LOG_BYTES + this.#segments * SEGMENT_BYTES + this.#capacity * ENTRY_BYTES
  }

  get newestUs(): number {
    return this.#entries === 0 ? -Infinity : timeAt(this.#tail, this.#tail.count - 1)
  }

  add(timeUs: number, cost: number, { maxEntries, cellUs }: Pick<LimitTerms, 'maxEntries' | 'cellUs'>): void {
    if (this.#sum + cost > LARGEST_SUM) this.#rebase()
    this.#sum += cost
    if (this.#entries === 0 || (this.#entries < maxEntries && !isSameCell(this.newestUs, timeUs, cellUs))) this.#push()
    setPair(this.#tail, this.#tail.count - 1, timeUs, this.#sum)
  }

  takeBack(units: number): void {
    this.#sum = Math.max(this.#dropped, this.#sum - units)
    while (this.#entries > 0 && this.#sumBeforeNewest() >= this.#sum) this.#pop()
    if (this.#entries > 0) setPair(this.#tail, this.#tail.count - 1, this.newestUs, this.#sum)
  }

  dropUntil(timeUs: number): boolean {
    const before = this.#dropped
    while (this.#head.next !== null && timeAt(this.#head, this.#head.count - 1) <= timeUs) {
      this.#drop(this.#head.count)
      this.#unlink(this.#head)
    }
    const head = this.#head
    let old = 0
    while (old < head.count && timeAt(head, old) <= timeUs) old++
    if (old > 0) this.#drop(old)
    return this.#dropped > before
  }

  timeOfUnitUs(unit: number): number {
    const sum = this.#dropped + unit
    let segment = this.#head
    while (segment.next !== null && sumAt(segment, segment.count - 1) < sum) segment = segment.next
    let [low, high] = [0, segment.count - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sumAt(segment, middle) < sum) low = middle + 1
      else high = middle
    }
    return timeAt(segment, low)
  }

  moveBack(us: number): void {
    for (let segment: Segment | null = this.#head; segment !== null; segment = segment.next)
      for (let i = 0; i < segment.count; i++) setPair(segment, i, timeAt(segment, i) - us, sumAt(segment, i))
  }

  #drop(entries: number): void {
    const head = this.#head
    this.#dropped = sumAt(head, entries - 1)
    head.first = (head.first + entries) & (head.entries - 1)
    head.count -= entries
    this.#entries -= entries
  }

  #push(): void {
    if (this.#tail.count === this.#tail.entries) this.#grow()
    this.#tail.count++
    this.#entries++
  }

  #pop(): void {
    const tail = this.#tail
    tail.count--
    this.#entries--
    if (tail.count === 0 && tail.prev !== null) this.#unlink(tail)
  }

  #grow(): void {
    const tail = this.#tail
    if (tail.entries < SEGMENT_ENTRIES) {
      this.#capacity += tail.entries
      enlarge(tail)
      return
    }
    const next = newSegment(SEGMENT_ENTRIES)
    next.prev = tail
    tail.next = next
    this.#tail = next
    this.#segments++
    this.#capacity += SEGMENT_ENTRIES
  }

  /** An empty segment at one of the ends. */
  #unlink(segment: Segment): void {
    if (segment.prev === null) this.#head = segment.next as Segment
    else segment.prev.next = null
    if (segment.next === null) this.#tail = segment.prev as Segment
    else segment.next.prev = null
    this.#segments--
    this.#capacity -= segment.entries
  }

  #sumBeforeNewest(): number {
    if (this.#tail.count > 1) return sumAt(this.#tail, this.#tail.count - 2)
    const { prev } = this.#tail
    return prev === null ? this.#dropped : sumAt(prev, prev.count - 1)
  }

  #rebase(): void {
    for (let segment: Segment | null = this.#head; segment !== null; segment = segment.next)
      for (let i = 0; i < segment.count; i++) setPair(segment, i, timeAt(segment, i), sumAt(segment, i) - this.#dropped)
    this.#sum -= this.#dropped
    this.#dropped = 0
  }
}

function newSegment(entries: number): Segment {
  return { pairs: newPairs(entries), entries, first: 0, count: 0, prev: null, next: null }
}

/** Half a one, so that V8 has them as doubles from the start. */
function newPairs(entries: number): number[] {
  return Array<number>(entries * 2).fill(0.5)
}

function enlarge(segment: Segment): void {
  const pairs = newPairs(segment.entries * 2)
  for (let i = 0; i < segment.count; i++) {
    pairs[2 * i] = timeAt(segment, i)
    pairs[2 * i + 1] = sumAt(segment, i)
  }
  segment.pairs = pairs
  segment.entries *= 2
  segment.first = 0
}

function timeAt(segment: Segment, i: number): number {
  return segment.pairs[2 * ((segment.first + i) & (segment.entries - 1))] as number
}

function sumAt(segment: Segment, i: number): number {
  return segment.pairs[2 * ((segment.first + i) & (segment.entries - 1)) + 1] as number
}

function setPair(segment: Segment, i: number, timeUs: number, sum: number): void {
  const at = 2 * ((segment.first + i) & (segment.entries - 1))
  segment.pairs[at] = timeUs
  segment.pairs[at + 1] = sum
}
