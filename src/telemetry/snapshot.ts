/** All series of one metric at a moment: plain and small, so that it can be a message between threads. */
export interface MetricSnapshot {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Of a histogram: upper bounds of its buckets, ascending, without infinity. Null for plain numbers. */
  readonly bounds: readonly number[] | null
  /** Each series by its labels as the exposition writes them, such as `route="a",method="GET"`. */
  readonly labels: readonly string[]
  /** For each series one number; of a histogram its buckets (not cumulative, the last one above every bound), then the sum. */
  readonly values: Float64Array
}

/** Numbers that a series of the metric has in `values`. */
export function widthOf(bounds: readonly number[] | null): number {
  return bounds === null ? 1 : bounds.length + 2
}

/** Labels as they stand between the braces of the exposition, those that have no value left out. */
export function labelText(labels: Readonly<Record<string, string | number | undefined>>): string {
  let text = ''
  for (const name in labels) {
    const value = labels[name]
    if (value !== undefined) text += `${text === '' ? '' : ','}${name}="${escapeLabel(String(value))}"`
  }
  return text
}

/** The value of a label in such a text; null when it is not there. */
export function labelIn(text: string, label: string): string | null {
  for (const [, name, value] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    if (name === label) return (value as string).replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return null
}

function escapeLabel(value: string): string {
  return /[\\\n"]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"') : value
}
