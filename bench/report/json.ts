import { goalsOf } from './goals.ts'
import type { Report } from './types.ts'

/** Everything that was measured, each round by itself. */
export function toJson(report: Report): string {
  return `${JSON.stringify({ ...report, goals: goalsOf(report) }, null, 2)}\n`
}
