import t from 'tap'
import { toJson } from '../../bench/report/json.ts'
import { toMarkdown } from '../../bench/report/markdown.ts'
import { caseOf, reportOf, row } from '../support/bench-report.ts'

const report = reportOf(
  [
    caseOf('get', [
      row('floor', { cpuUs: [10, 12, 11] }),
      row('own', { cpuUs: [22, 12] }, ['round 3: it\nended | early']),
      row('gone', {}, ['round 1: no'])
    ])
  ],
  ['caddy: there is no caddy on the PATH']
)

t.test('the table has medians, ratios, remarks and what was left out', (t) => {
  const text = toMarkdown(report)
  t.match(text, '|  | CPU µs | × floor | rounds |', 'a column that nobody has is not there')
  t.match(text, '| the floor | 11.0 | 1.00 | 3 |')
  t.match(text, '| the own | 17.0 | 1.60 | 2 |')
  t.match(text, '| the gone | – | – | 0 |')
  t.match(text, '- the own: round 3: it ended | early', 'a remark is one line')
  t.match(text, 'left out: caddy: there is no caddy on the PATH')
  t.match(text, /A processor, 2 cores, pinned, .*Node v24\.0\.0, commit abc1234, load before 0\.1\. nginx 1\.22\.1\./)
  t.end()
})

t.test('the JSON has every round', (t) => {
  const { cases } = JSON.parse(toJson(report)) as { cases: { rows: { samples: unknown[] }[] }[] }
  t.strictSame(cases[0]?.rows[1]?.samples, [
    { round: 0, figures: { cpuUs: 22 } },
    { round: 1, figures: { cpuUs: 12 } }
  ])
  t.end()
})
