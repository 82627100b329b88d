import t from 'tap'
import { goalsOf } from '../../bench/report/goals.ts'
import { caseOf, reportOf, row } from '../support/bench-report.ts'

t.test('a goal is reached, missed, or not measured', (t) => {
  const get = caseOf('get', [
    row('floor', { cpuUs: [100] }),
    row('sallyport', { cpuUs: [130], rate: [9000], wrkRate: [16_000], busy: [70], wrkBusy: [99], addedP99: [2.5] }),
    row('default-http-proxy', { cpuUs: [200], rate: [8000], wrkRate: [9000] })
  ])
  const routes = [10, 5000].map((count) => caseOf(`routes-${count}`, [row('sallyport', { cpuUs: [count === 10 ? 100 : 101] })]))
  const goals = goalsOf(reportOf([get, ...routes]))
  const told = (part: string): unknown => {
    const goal = goals.find(({ what }) => what.includes(part))
    return [goal?.figure, goal?.holds]
  }
  t.strictSame(told('bare gateway, of the floor'), [1.3, true])
  t.strictSame(told('p99'), [2.5, false])
  t.strictSame(told('standard chain, of the floor'), [null, null])
  t.strictSame(told('5,000 routes'), [1.01, true])
  const [ratio] = told('throughput') as [number]
  t.ok(Math.abs(ratio - 16_000 / 9000) < 1e-9, 'by the driver that kept the contestant busier')
  t.end()
})
