import t from 'tap'
import { canonicalJson, isSameValue } from '../../src/config/canonical.ts'
import fc from '../support/property.ts'

t.test('two values are the same when their canonical texts are', (t) => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, 1, 2, 'a', 'b'),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 2 }),
      fc.array(fc.constantFrom(1, 2, 'a'), { maxLength: 2 }).map((members) => ({ set: new Set(members) }))
    )
  })).value
  const seen = { same: 0, other: 0 }
  const holds = (a: unknown, b: unknown): boolean => {
    const isSame = canonicalJson({ a }) === canonicalJson({ a: b })
    seen[isSame ? 'same' : 'other']++
    return isSameValue({ a }, { a: b }) === isSame
  }
  fc.assert(fc.property(value, value, holds), { numRuns: 600 })
  fc.assert(
    fc.property(value, (a) => holds(a, structuredClone(a)) && holds({ b: 1, a }, { a, b: 1, c: undefined })),
    { numRuns: 300 }
  )
  t.ok(seen.same > 300 && seen.other > 200, JSON.stringify(seen))
  t.end()
})
