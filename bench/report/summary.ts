import type { CaseReport, Column, Row } from './types.ts'

/** Of an even number the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** The median, and what a fourth of the figures is below and above: `1.95 [1.72–2.25]`. */
export function withQuartiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2)
  return `${median(values).toFixed(2)} [${at(0.25)}–${at(0.75)}]`
}

/** All of a contestant's figures for a column, in the order of rounds. Ratios are made within a round: what the machine did to both cancels out. */
export function figuresOf(item: CaseReport, row: Row, { key, of }: Pick<Column, 'key' | 'of'>): readonly number[] {
  if (of === undefined) return row.samples.flatMap(({ figures }) => figures[key] ?? [])
  const others = new Map(item.rows.find(({ contestant }) => contestant === of)?.samples.map(({ round, figures }) => [round, figures[key]]))
  return row.samples.flatMap(({ round, figures }) => {
    const [own, other] = [figures[key], others.get(round)]
    return own === undefined || other === undefined || other === 0 ? [] : [own / other]
  })
}

/** The median of a column by names; null when either was not measured. */
export function figureOf(item: CaseReport | undefined, contestant: string, column: Pick<Column, 'key' | 'of'>): number | null {
  const row = item?.rows.find((one) => one.contestant === contestant)
  if (item === undefined || row === undefined) return null
  const figures = figuresOf(item, row, column)
  return figures.length === 0 ? null : median(figures)
}
