import type { Consumer } from '../types.ts'
import type { LimitRule, LimitStore } from './store.ts'

/** One count of one caller. */
export interface UsageCaller {
  /** Absent: the count is not one consumer's. */
  readonly consumer?: string
  readonly group?: string
  readonly rule: LimitRule
  readonly key: string
}

/** A limit whose use operators may ask about. */
export interface UsageReport {
  readonly quota: string
  /** Of the route, when it has a count of its own. */
  readonly route: string | null
  /** Who shares a count, in words. */
  readonly by: string
  readonly period: string
  readonly window: string
  readonly dryRun: boolean
  readonly store: 'memory' | 'redis'
  readonly limits: LimitStore
  /** Equal for reports of the same counts. */
  readonly count: string
  /** Equal when all amounts are equal too. */
  readonly amounts: string
  /** Of all callers. */
  readonly limit: number
  /** Of one consumer, or of all that the document names. Null when they cannot be listed, because they are not known by name. */
  callers(consumer: Consumer | null): readonly UsageCaller[] | null
}
