import { type MetricSnapshot, widthOf } from './snapshot.ts'

/** What a registry with these metrics would expose, in Prometheus' text format. */
export function writeExposition(metrics: readonly MetricSnapshot[]): string {
  return `${metrics.map((metric) => writeMetric(metric).join('\n')).join('\n\n')}\n`
}

function writeMetric(metric: MetricSnapshot): readonly string[] {
  const { name, help, type, bounds, labels, values } = metric
  const lines = [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`]
  const width = widthOf(bounds)
  for (const [index, text] of labels.entries()) {
    const braced = text === '' ? '' : `{${text}}`
    if (bounds === null) {
      lines.push(`${name}${braced} ${number(values[index] as number)}`)
      continue
    }
    let below = 0
    for (let bucket = 0; bucket <= bounds.length; bucket++) {
      below += values[index * width + bucket] as number
      lines.push(`${name}_bucket{le="${bounds[bucket] ?? '+Inf'}"${text === '' ? '' : `,${text}`}} ${number(below)}`)
    }
    lines.push(`${name}_sum${braced} ${number(values[index * width + width - 1] as number)}`, `${name}_count${braced} ${number(below)}`)
  }
  return lines
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'Nan' : value < 0 ? '-Inf' : '+Inf'
}
