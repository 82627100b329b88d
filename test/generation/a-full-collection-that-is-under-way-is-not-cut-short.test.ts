import t from 'tap'
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks'
import { nextSlice } from '../../src/system/long-work.ts'
import { nextTurn } from '../../src/system/turn.ts'

type Collection = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } }

t.test('long work never makes V8 end in one go what other threads are marking', async (t) => {
  const full: Collection[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Collection[]) if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full.push(entry)
  })
  observer.observe({ entryTypes: ['gc'] })
  const kept: unknown[] = []
  // As much as five reloads of 5,000 routes leave, of which the heap grows and is collected a few times.
  for (let slice = 0; slice < 400; slice++) {
    for (let i = 0; i < 8000; i++) kept.push({ i, next: [i] })
    if (slice % 100 === 99) kept.length = 0
    await nextSlice()
  }
  // Entries come some turns after what they tell of.
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  observer.disconnect()
  t.not(full.length, 0, 'there were full collections')
  const cut = full.filter(({ detail }) => (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0)
  t.equal(cut.length, 0, `of ${full.length} full collections`)
})
