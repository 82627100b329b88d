import t from 'tap'
import { figureOf, figuresOf, median } from '../../bench/report/summary.ts'
import { caseOf, row } from '../support/bench-report.ts'

t.test('a ratio compares what was measured in the same round, and the median of the ratios counts', (t) => {
  // A machine that gets slower: the ratio of the medians would be 1.5.
  const floor = row('floor', { cpuUs: [10, 20, 40] })
  const own = row('own', { cpuUs: [20, 30, 40] })
  const item = caseOf('get', [floor, own])
  t.strictSame(figuresOf(item, own, { key: 'cpuUs', of: 'floor' }), [2, 1.5, 1])
  t.equal(figureOf(item, 'own', { key: 'cpuUs', of: 'floor' }), 1.5)

  const failedOnce = { ...own, samples: own.samples.slice(1) }
  t.strictSame(
    figuresOf(caseOf('get', [floor, failedOnce]), failedOnce, { key: 'cpuUs', of: 'floor' }),
    [1.5, 1],
    'a round that failed shifts nothing'
  )
  t.equal(figureOf(item, 'own', { key: 'cpuUs', of: 'nobody' }), null)
  t.equal(figureOf(item, 'nobody', { key: 'cpuUs' }), null)
  t.equal(figureOf(undefined, 'own', { key: 'cpuUs' }), null)

  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2.5)
  t.ok(Number.isNaN(median([])))
  t.end()
})
