import { type Goal, goalsOf } from './goals.ts'
import { figuresOf, median } from './summary.ts'
import type { CaseReport, Column, Machine, Report, Row } from './types.ts'

/** For people: medians of the rounds, one table a case. */
export function toMarkdown(report: Report): string {
  const { startedAt, seconds, machine, options, cases, leftOut } = report
  const how = Object.entries(options).map(([name, value]) => `${name} ${value}`)
  return [
    '# Benchmark',
    `${startedAt}, ${seconds} s. ${describe(machine)}`,
    `${how.join(', ')}. Medians of the rounds; CPU is of the contestant alone, all its processes, for each request or message.`,
    ...leftOut.map((line) => `- left out: ${line}`),
    ...cases.flatMap(section),
    '## Goals',
    table(['', 'goal', 'measured', ''], goalsOf(report).map(goalCells)),
    ''
  ].join('\n\n')
}

function describe({ cpu, cores, memoryMib, kernel, node, commit, loadBefore, pinned, versions }: Machine): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return (
    `${cpu}, ${cores} cores${pinned ? ', pinned' : ', not pinned'}, ${memoryMib} MiB, ${kernel}, Node ${node}, commit ${commit ?? 'unknown'}, ` +
    `load before ${loadBefore}. ${programs.join(', ')}.`
  )
}

function section(item: CaseReport): readonly string[] {
  // A column that nobody has says nothing.
  const columns = item.columns.filter((column) => item.rows.some((row) => figuresOf(item, row, column).length > 0))
  const rows = item.rows.map((row) => [row.title, ...columns.map((column) => cell(item, row, column)), String(row.samples.length)])
  const remarks = item.rows.flatMap(({ title, remarks }) => remarks.map((remark) => `- ${title}: ${remark.replaceAll(/\s+/g, ' ')}`))
  return [
    `## ${item.title}`,
    item.about,
    table(['', ...columns.map(({ title }) => title), 'rounds'], rows),
    ...(remarks.length === 0 ? [] : [remarks.join('\n')])
  ]
}

function cell(item: CaseReport, row: Row, column: Column): string {
  const figures = figuresOf(item, row, column)
  return figures.length === 0 ? '–' : median(figures).toFixed(column.digits)
}

function goalCells({ what, limit, isAtLeast, figure, holds }: Goal): readonly string[] {
  return [
    what,
    `${isAtLeast ? '≥' : '≤'} ${limit}`,
    figure === null ? 'not measured' : figure.toFixed(2),
    holds === null ? '' : holds ? 'reached' : 'missed'
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map((_, index) => (index === 0 ? '---|' : '--:|')).join('')}`, ...rows.map(line)].join('\n')
}
