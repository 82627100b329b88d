/**
 * How units are counted.
 * - `gcra`: a bucket of `burst` units that fills evenly with `limit` in `windowMs` (the generic cell rate algorithm, ITU-T I.371 annex A).
 * - `sliding-window`: at most `limit` in any stretch of `windowMs`, exactly; remembers each admission.
 * - `fixed-window`: at most `limit` in each window; a window begins with the first admission of its key, or at a boundary of the calendar.
 */
export type LimitAlgorithm = 'gcra' | 'sliding-window' | 'fixed-window'

/** One limit as a store sees it. Immutable; the same object for every request. */
export interface LimitRule {
  /** Whose count it is, together with the key: stays the same when a reload changes nothing but the numbers. */
  readonly id: string
  readonly algorithm: LimitAlgorithm
  /** Units that are admitted in `windowMs`; a positive integer. */
  readonly limit: number
  /** Positive ms. Of a calendar window its usual length, for what is told about it. */
  readonly windowMs: number
  /** Of `gcra`: units that may come at once; a positive integer. Others ignore it. */
  readonly burst: number
  /** Of `fixed-window`: windows are those of the calendar, in UTC, by the store's own wall clock. Null: they begin with an admission. */
  readonly calendar: LimitCalendar | null
  /**
   * Of `sliding-window`: admissions in the same cell of so many ms share one entry and count from the newest of them on: for longer than the
   * window by less than a cell, never shorter. What is remembered of a key is then bounded by `windowMs / cellMs`, also for large limits.
   * Without it each moment is an entry. Positive.
   */
  readonly cellMs?: number
  /** For keys that are asked about very often, of a store that is far away; others ignore it. */
  readonly lease?: LeaseRule
}

/** A share of a limit that one gateway takes out of the shared count at once, to decide by itself until it is used up or over. */
export interface LeaseRule {
  /** At least 2. */
  readonly units: number
  /** Positive ms. */
  readonly forMs: number
}

export type LimitCalendar = 'minute' | 'hour' | 'day' | 'month'

export interface LimitQuestion {
  readonly rule: LimitRule
  /** Who is counted. */
  readonly key: string
  /** Units; an integer from 0 on. Nothing but 0 is admitted once the limit is used up. */
  readonly cost: number
}

/** What one limit says of one question. */
export interface LimitVerdict {
  readonly allowed: boolean
  /** Whole units that would be admitted now, after this one was. */
  readonly remaining: number
  /** Ms until nothing of what was admitted counts any more, if nothing more comes. 0: nothing counts. */
  readonly resetMs: number
  /** Ms until the same question would be allowed; 0 when it is; Infinity when it costs more than can ever be admitted at once. */
  readonly retryAfterMs: number
}
