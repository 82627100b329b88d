import { randomFillSync } from 'node:crypto'

/** A slot is a line of 64 bytes: four doubles of state, then eight integers. */
export const SLOT_INTEGERS = 16
export const SLOT_DOUBLES = 8
export const PAGE_BITS = 6
export const PAGE_SLOTS = 1 << PAGE_BITS
/** Fifteen pairs of doubles, then two links. */
export const SEGMENT_INTEGERS = 64
export const SEGMENT_DOUBLES = 32

/** Bytes are counted by eights, which leaves room in 32 bits. */
export const UNIT_BYTES = 8
/** A slot and its place in the index. */
export const KEY_UNITS = 9
/** A segment and its owner. */
export const SEGMENT_UNITS = 33

/** Which integer of the header is what. */
const SHARDS = 0
const PAGES = 1
const SEGMENTS = 2
const BUCKETS = 3
const MAX_KEYS = 4
const MAX_UNITS = 5
const MAX_LOG_ENTRIES = 6
/** 1 once the two origins of time are set. */
export const HAS_ORIGIN = 7
/** Below are no free pages, no fresh segments. */
export const PAGE_HINT = 8
export const SEGMENT_HINT = 9
/** Four random words. */
export const SEED = 12
/** Doubles. */
export const ORIGIN_MS = 8
export const WALL_ORIGIN_MS = 9
const HEADER_INTEGERS = 32

/** Which integer of a shard is what. Links are one more than what they lead to: fresh memory is 0, which is none. */
export const LOCK = 0
/** Buckets of its index, less the one that it begins with. */
export const MORE_BUCKETS = 1
export const FREE_SLOT = 2
export const FREE_SEGMENT = 3
export const FIRST_PAGE = 4
/** The slot at which the next look for what may go begins. */
export const HAND = 5
/** Counts what was asked, for the order in which slots were asked about. */
export const TICK = 6
/** The slot whose state is being written. */
export const DIRTY = 7
export const LIVE_EVICTIONS = 8
export const SHARD_INTEGERS = 16

const MOST_SHARDS = 64
/** When all is full, so many keys are in a shard, so that the one to go is found there. */
const KEYS_PER_SHARD = 256
/** What may be taken beyond the bound before others have been given up for it. */
const SPARE_SEGMENTS = 1024
/** Entries of a log, of 16 bytes, are at most so many of all bytes: one key must not push all others out. */
const LOG_SHARE = 4
const ENTRY_BYTES = 16
const FEWEST_LOG_ENTRIES = 16

export interface SharedLimitsBounds {
  /** Keys of all rules together; at least 1. */
  readonly maxKeys: number
  /** Bytes that all keys take with what is counted for them. */
  readonly maxBytes: number
}

/** The shared memory and where in it, as indexes of `integers`, each region begins. */
export interface SharedMemory {
  readonly integers: Int32Array
  readonly doubles: Float64Array
  readonly shards: number
  readonly pages: number
  readonly segments: number
  /** Most buckets of a shard; a power of two. */
  readonly buckets: number
  readonly maxKeys: number
  readonly maxUnits: number
  readonly maxLogEntries: number
  readonly shardsAt: number
  /** A number for each shard: its keys, and its bytes. Side by side, because they are added up. */
  readonly keysAt: number
  readonly unitsAt: number
  readonly pageOwnersAt: number
  readonly pageLinksAt: number
  readonly segmentOwnersAt: number
  readonly bucketsAt: number
  readonly slotsAt: number
  readonly segmentsAt: number
}

/**
 * Room for the limits of all workers, to be handed to each of them. All of it is zero, so that the system gives memory for no page before it
 * is used. To be called once, by the thread that outlives the workers.
 */
export function allocateSharedLimits({ maxKeys, maxBytes }: SharedLimitsBounds): SharedArrayBuffer {
  const maxUnits = Math.floor(maxBytes / UNIT_BYTES)
  const most = Math.max(1, Math.min(maxKeys, Math.floor(maxUnits / KEY_UNITS)))
  const shards = Math.min(MOST_SHARDS, 2 ** Math.floor(Math.log2(Math.max(1, most / KEYS_PER_SHARD))))
  const header = new Int32Array(HEADER_INTEGERS)
  header[SHARDS] = shards
  // A sixteenth more, and a page for each shard: they do not fill evenly.
  header[PAGES] = Math.ceil((most * 17) / 16 / PAGE_SLOTS) + shards
  header[SEGMENTS] = Math.ceil(maxUnits / SEGMENT_UNITS) + SPARE_SEGMENTS
  header[BUCKETS] = 2 ** Math.ceil(Math.log2((2 * most) / shards))
  header[MAX_KEYS] = Math.max(1, maxKeys)
  header[MAX_UNITS] = maxUnits
  header[MAX_LOG_ENTRIES] = Math.max(FEWEST_LOG_ENTRIES, Math.floor(maxBytes / LOG_SHARE / ENTRY_BYTES))
  header[PAGE_HINT] = shards
  randomFillSync(header, SEED, 4)
  const { end } = layoutOf(header)
  const buffer = new SharedArrayBuffer(end * Int32Array.BYTES_PER_ELEMENT)
  const memory = new Int32Array(buffer)
  memory.set(header)
  const { pageOwnersAt } = layoutOf(header)
  // Each shard has a page of its own from the start: it can always take in a key, in place of another if need be.
  for (let shard = 0; shard < shards; shard++) memory[pageOwnersAt + shard] = shard + 1
  return buffer
}

export function openSharedMemory(buffer: SharedArrayBuffer): SharedMemory {
  const integers = new Int32Array(buffer)
  const { end: _, ...regions } = layoutOf(integers)
  const number = (field: number): number => integers[field] as number
  return {
    integers,
    doubles: new Float64Array(buffer),
    shards: number(SHARDS),
    pages: number(PAGES),
    segments: number(SEGMENTS),
    buckets: number(BUCKETS),
    maxKeys: number(MAX_KEYS),
    maxUnits: number(MAX_UNITS),
    maxLogEntries: number(MAX_LOG_ENTRIES),
    ...regions
  }
}

function layoutOf(header: Int32Array) {
  const number = (field: number): number => header[field] as number
  let end = HEADER_INTEGERS
  // Whole lines of 64 bytes.
  const take = (integers: number): number => {
    const at = end
    end += Math.ceil(integers / SLOT_INTEGERS) * SLOT_INTEGERS
    return at
  }
  const shards = number(SHARDS)
  const regions = {
    shardsAt: take(shards * SHARD_INTEGERS),
    keysAt: take(shards),
    unitsAt: take(shards),
    pageOwnersAt: take(number(PAGES)),
    pageLinksAt: take(number(PAGES)),
    segmentOwnersAt: take(number(SEGMENTS)),
    bucketsAt: take(shards * number(BUCKETS)),
    slotsAt: take(number(PAGES) * PAGE_SLOTS * SLOT_INTEGERS),
    segmentsAt: take(number(SEGMENTS) * SEGMENT_INTEGERS)
  }
  return { ...regions, end }
}
