import type { LimitQuestion } from '../plugin-api/limits/store.ts'

/** Units that earlier questions of the same request ask of the same count. */
export function askedBefore(questions: readonly LimitQuestion[], at: number): number {
  if (at === 0) return 0
  const { rule, key } = questions[at] as LimitQuestion
  let units = 0
  for (let i = 0; i < at; i++) {
    const earlier = questions[i] as LimitQuestion
    if (earlier.key === key && earlier.rule.id === rule.id && earlier.rule.algorithm === rule.algorithm) units += earlier.cost
  }
  return units
}

export function checkCosts(questions: readonly LimitQuestion[], least: number): void {
  for (const { cost } of questions) {
    if (!Number.isSafeInteger(cost) || cost < least) throw new RangeError('the cost of a question is a whole number of units')
  }
}
