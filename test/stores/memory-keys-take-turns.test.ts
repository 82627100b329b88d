import { deepStrictEqual } from 'node:assert/strict'
import t from 'tap'
import { KeyTurns } from '../../src/stores/memory/key-turns.ts'
import fc from '../support/property.ts'

const slot = fc.oneof(fc.nat(70), fc.nat(5000), fc.constantFrom(0, 31, 32, 63, 64))

t.test('behind each slot comes the next one that has a key, and behind the last one the first', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(slot, fc.constantFrom('add', 'add', 'remove', 'next')), { maxLength: 40 }), (steps) => {
      const turns = new KeyTurns()
      const keys = new Set<number>()
      for (const [slot, deed] of steps) {
        if (deed === 'add') {
          keys.add(slot)
          turns.add(slot)
        } else if (deed === 'remove' && keys.delete(slot)) turns.remove(slot)
        const sorted = [...keys].toSorted((a, b) => a - b)
        deepStrictEqual(turns.next(slot), sorted.find((key) => key > slot) ?? sorted[0] ?? -1)
        deepStrictEqual(turns.next(-1), sorted[0] ?? -1)
      }
    }),
    { numRuns: 300 }
  )
  t.end()
})
