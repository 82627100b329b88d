import { type MetricSnapshot, widthOf } from './snapshot.ts'

/** Characters that are joined at a time: few parts for the whole, and none of them large. */
const PART = 64 * 1024

/** What a registry with these metrics would expose, in Prometheus' text format. */
export function writeExposition(metrics: readonly MetricSnapshot[]): string {
  const writing = writeStepwise(metrics)
  for (;;) {
    const { done, value } = writing.next()
    if (done === true) return value
  }
}

/** The same, a step for each series: thousands of routes make a text of megabytes. */
export function* writeStepwise(metrics: readonly MetricSnapshot[]): Generator<void, string, undefined> {
  const parts: string[] = []
  const some: string[] = []
  let length = 0
  for (const metric of metrics) {
    some.push(`${parts.length + some.length === 0 ? '' : '\n'}${headOf(metric)}`)
    const write = metric.bounds === null ? plainWriter(metric) : histogramWriter(metric, metric.bounds)
    for (let index = 0; index < metric.labels.length; index++) {
      const lines = write(index)
      some.push(lines)
      length += lines.length
      if (length > PART) {
        // Joined now, because the engine puts off what `+` does, and would do all of it in the end.
        parts.push(some.splice(0).join(''))
        length = 0
      }
      yield
    }
  }
  parts.push(some.join(''))
  return parts.join('')
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
