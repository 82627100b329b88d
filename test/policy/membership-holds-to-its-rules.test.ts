import t from 'tap'
import { createMembership } from '../../src/policy/membership/membership.ts'
import fc from '../support/property.ts'

const RULE = { emptyGraceMs: 3000, massRemovalRatio: 0.5, confirmMs: 1000 }

const answers = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 4000 }),
    keys: fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']),
    refilling: fc.boolean()
  }),
  { maxLength: 40, size: 'max' }
)

/** What is wrong with how the membership took the answers; null when nothing is. */
function fault(script: readonly { readonly afterMs: number; readonly keys: readonly string[]; readonly refilling: boolean }[]): string | null {
  const membership = createMembership<string>(
    RULE,
    (key) => key,
    (a, b) => a === b
  )
  const missingSince = new Map<string, number>()
  let now = 0
  for (const { afterMs, keys, refilling } of script) {
    now += afterMs
    const before = membership.members
    const changed = membership.feed(keys, refilling, now)
    const after = membership.members
    for (const key of keys) missingSince.delete(key)
    for (const key of before) if (!keys.includes(key) && !missingSince.has(key)) missingSince.set(key, now)

    if (!keys.every((key) => after.includes(key))) return 'what an answer names is not used'
    if (new Set(after).size !== after.length) return 'something is there twice'
    if (after.some((key) => !keys.includes(key) && !before.includes(key))) return 'something came that nobody named'
    if (changed !== (after.join(' ') !== before.join(' '))) return 'a change is not told, or told of without one'
    for (const key of before.filter((one) => !after.includes(one))) {
      const since = now - (missingSince.get(key) ?? now)
      if (keys.length === 0 && since < RULE.emptyGraceMs) return 'an empty answer took something away before its time'
      if (refilling && since < RULE.emptyGraceMs) return 'a registry that lost its memory took something away'
      const missing = before.filter((other) => !keys.includes(other)).length
      if (missing > 1 && missing > before.length / 2 && since < RULE.confirmMs) return 'most were lost by one answer'
    }
    if (membership.held.some(({ untilMs }) => untilMs <= now)) return 'what is due is held any longer'
    if ((membership.confirmAtMs === Infinity) !== (membership.held.length === 0)) return 'what is held has no hour'
  }
  return null
}

t.test('whatever a registry says, nothing is lost before its time and nothing stays after it', (t) => {
  fc.assert(
    fc.property(answers, (script) => {
      const found = fault(script)
      if (found !== null) throw new Error(found)
    }),
    { numRuns: process.env['FUZZ'] === undefined ? 1000 : 100_000 }
  )
  t.pass('no rule was broken')
  t.end()
})
