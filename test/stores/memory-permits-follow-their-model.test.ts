import t from 'tap'
import type { PermitAnswer, PermitQuestion } from '../../src/plugin-api/index.ts'
import { MemoryPermits } from '../../src/stores/memory/permits.ts'
import fc from '../support/property.ts'

interface Held {
  readonly answer: PermitAnswer
  readonly questions: readonly PermitQuestion[]
  isOver: boolean
}

const question = fc.record({ id: fc.constantFrom('a', 'b'), key: fc.constantFrom('x', 'y'), limit: fc.integer({ min: 1, max: 3 }) })
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('acquire' as const), asked: fc.array(question, { minLength: 1, maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat() }) }
)

t.test('places in memory are all or nothing, within the limit, and forgotten with the last', (t) => {
  let refused = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new MemoryPermits()
      const all: Held[] = []
      const countOf = ({ rule, key }: PermitQuestion): number =>
        all.flatMap(({ isOver, questions }) => (isOver ? [] : questions)).filter((other) => other.rule.id === rule.id && other.key === key).length
      for (const one of steps) {
        if (one.kind === 'release') {
          const held = all[one.which % Math.max(1, all.length)]
          // Also a second time, which must not give back what others hold.
          held?.answer.release()
          if (held !== undefined) held.isOver = true
        } else {
          const questions = one.asked.map(({ id, key, limit }) => ({ rule: { id, limit }, key }))
          const before = questions.map(countOf)
          const sameBefore = questions.map(
            (own, index) => questions.slice(0, index).filter(({ rule, key }) => rule.id === own.rule.id && key === own.key).length
          )
          const expected = questions.map(({ rule }, index) => (before[index] ?? 0) + (sameBefore[index] ?? 0) < rule.limit)
          const isIn = expected.every(Boolean)
          const answer = store.acquire(questions)
          t.same(
            answer.verdicts,
            expected.map((allowed, index) => ({ allowed, inFlight: (before[index] ?? 0) + (isIn ? (sameBefore[index] ?? 0) + 1 : 0) }))
          )
          all.push({ answer, questions, isOver: !isIn })
          if (!isIn) refused++
        }
      }
      for (const { answer } of all) answer.release()
      t.equal(store.keys, 0)
    }),
    { numRuns: 300 }
  )
  t.ok(refused > 100, 'many were refused')
  t.end()
})
