import t from 'tap'
import { toSvg } from '../../bench/report/svg.ts'
import { caseOf, row } from '../support/bench-report.ts'

t.test('bars are as long as their figures say, each with its label and number', (t) => {
  const rows = [row('floor', { cpuUs: [50] }), row('sallyport', { cpuUs: [100] }), row('none', {})]
  const svg = toSvg({ cases: [caseOf('get', rows, { title: 'A <b> & "c"' }), caseOf('empty', [row('none', {})])] })
  const bars = [...svg.matchAll(/<rect class="(bar|own)"[^>]* width="([\d.]+)"/g)].map(([, kind, width]) => [kind, Number(width)] as const)
  t.strictSame(
    bars.map(([kind]) => kind),
    ['bar', 'own'],
    'the gateway stands out, and nothing is drawn for what was not measured'
  )
  t.equal(bars[0]?.[1], (bars[1]?.[1] ?? 0) / 2)
  t.match(svg, '>the floor</text>')
  t.match(svg, '>50.0</text>')
  t.match(svg, 'A &lt;b&gt; &amp; &quot;c&quot;: CPU µs')
  t.notMatch(svg, 'Case empty')
  t.match(svg, 'prefers-color-scheme: dark')
  const [, height = ''] = /viewBox="0 0 \d+ (\d+)"/.exec(svg) ?? []
  const lowest = Math.max(...[...svg.matchAll(/ y="(\d+)"/g)].map(([, y]) => Number(y)))
  t.ok(lowest < Number(height), 'nothing is below the edge')
  t.end()
})
