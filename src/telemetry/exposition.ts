import { type MetricSnapshot, widthOf } from './snapshot.ts'

/** Characters of a part, about: few parts for the whole, each written in less than a millisecond. */
const PART = 64 * 1024

/** What a registry with these metrics would expose, in Prometheus' text format. In parts, written as they are asked for: thousands of routes make a text of megabytes. */
export function* writeExposition(metrics: readonly MetricSnapshot[]): Generator<string, void, undefined> {
  let some: string[] = []
  let length = 0
  let isFirst = true
  for (const metric of metrics) {
    some.push(`${isFirst ? '' : '\n'}${headOf(metric)}`)
    isFirst = false
    const write = metric.bounds === null ? plainWriter(metric) : histogramWriter(metric, metric.bounds)
    for (let index = 0; index < metric.labels.length; index++) {
      const lines = write(index)
      some.push(lines)
      length += lines.length
      if (length <= PART) continue
      // Joined, because the engine puts off what `+` does, and would do all of it in the end.
      yield some.join('')
      some = []
      length = 0
    }
  }
  yield some.join('')
}

function headOf({ name, help, type }: MetricSnapshot): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

/** Writes the lines of one series. */
type Writer = (index: number) => string

function plainWriter({ name, labels, values }: MetricSnapshot): Writer {
  return (index) => `${name}${braced(labels[index])} ${number(values[index] as number)}\n`
}

function histogramWriter({ name, labels, values }: MetricSnapshot, bounds: readonly number[]): Writer {
  const width = widthOf(bounds)
  const heads = Array.from({ length: bounds.length + 1 }, (_, bucket) => `${name}_bucket{le="${bounds[bucket] ?? '+Inf'}"`)
  return (index) => {
    const text = labels[index] as string
    const tail = text === '' ? '} ' : `,${text}} `
    let below = 0
    let lines = ''
    for (const [bucket, head] of heads.entries()) {
      below += values[index * width + bucket] as number
      lines += `${head}${tail}${number(below)}\n`
    }
    const braces = braced(text)
    return `${lines}${name}_sum${braces} ${number(values[index * width + width - 1] as number)}\n${name}_count${braces} ${number(below)}\n`
  }
}

function braced(text = ''): string {
  return text === '' ? '' : `{${text}}`
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'Nan' : value < 0 ? '-Inf' : '+Inf'
}
