// Runs in a thread, whose heap is its own: long work that makes about as much as five reloads of 5,000 routes do. Posts how many full collections
// there were, and how many of them were ended in one go.
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { nextSlice } from '../../src/system/long-work.ts'
import { nextTurn } from '../../src/system/turn.ts'

type Collection = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } }

const full: Collection[] = []
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as Collection[]) if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full.push(entry)
})
observer.observe({ entryTypes: ['gc'] })
const kept: unknown[] = []
for (let slice = 0; slice < 400; slice++) {
  for (let i = 0; i < 8000; i++) kept.push({ i, next: [i] })
  if (slice % 100 === 99) kept.length = 0
  await nextSlice()
}
// Entries come some turns after what they tell of.
for (let turn = 0; turn < 5; turn++) await nextTurn()
observer.disconnect()
const cut = full.filter(({ detail }) => (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0)
parentPort?.postMessage({ full: full.length, cut: cut.length })
