import t from 'tap'
import { getHeapSpaceStatistics } from 'node:v8'
import { nextSlice } from '../../src/system/long-work.ts'

const MIB = 1024 * 1024

function youngMib(): number {
  return (getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_used_size ?? Number.NaN) / MIB
}

t.test('between two slices the young generation is never left with more than a few MiB', async (t) => {
  const kept: unknown[] = []
  let largest = 0
  for (let slice = 0; slice < 30; slice++) {
    // Half a MiB that stays.
    for (let i = 0; i < 8000; i++) kept.push({ i, next: [i] })
    await nextSlice()
    largest = Math.max(largest, youngMib())
  }
  t.equal(kept.length, 240_000)
  t.ok(largest < 6, `${largest.toFixed(1)} MiB`)
  t.notOk('gc' in globalThis, 'and nobody else is given the means')
})
