import { figureOf } from './summary.ts'
import type { CaseReport, Report } from './types.ts'

const WIDTH = 760
const LABEL = 250
const ROW = 24
const BAR = 16
const TITLE = 40
/** For the figure behind the longest bar. */
const FIGURE = 90

/** Light and dark by the reader's own choice; the colours are told apart by lightness, too. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .bar { fill: #8b949e } .own { fill: #0969da } .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } .own { fill: #58a6ff } .back { fill: #0d1117 } }`

interface Bar {
  readonly label: string
  readonly value: number
  readonly text: string
  readonly isOwn: boolean
}

interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
}

/** One panel of horizontal bars for each case; shorter is better in all of them. */
export function toSvg({ cases }: Pick<Report, 'cases'>): string {
  const panels = cases.map(panelOf).filter(({ bars }) => bars.length > 0)
  const parts: string[] = []
  let y = 0
  for (const panel of panels) {
    parts.push(draw(panel, y))
    y += heightOf(panel)
  }
  const height = Math.max(ROW, y)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Benchmark">
<style>${STYLE}
</style>
<rect class="back" width="${WIDTH}" height="${height}"/>
${parts.join('\n')}
</svg>
`
}

function panelOf(item: CaseReport): Panel {
  const column = item.columns.find(({ key, of }) => key === item.chart && of === undefined)
  const { digits = 0, title = item.chart } = column ?? {}
  const bars = item.rows.flatMap((row) => {
    const value = figureOf(item, row.contestant, { key: item.chart })
    return value === null ? [] : [{ label: row.title, value, text: value.toFixed(digits), isOwn: row.contestant.startsWith('sallyport') }]
  })
  return { title: `${item.title}: ${title}`, bars }
}

const heightOf = ({ bars }: Panel): number => TITLE + bars.length * ROW + 12

function draw({ title, bars }: Panel, top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const room = WIDTH - LABEL - FIGURE
  const lines = bars.map(({ label, value, text, isOwn }, index) => {
    const y = top + TITLE + index * ROW
    const width = Math.max(1, (Math.max(0, value) / longest) * room)
    const baseline = y + BAR - 3
    return (
      `<text x="${LABEL - 8}" y="${baseline}" text-anchor="end">${escape(label)}</text>` +
      `<rect class="${isOwn ? 'own' : 'bar'}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${baseline}">${escape(text)}</text>`
    )
  })
  return [`<text class="title" x="12" y="${top + 26}">${escape(title)}</text>`, ...lines].join('\n')
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
