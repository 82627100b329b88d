import type { IssueCollector } from './collector.ts'
import { suggestion } from './nearest.ts'
import { listOf, mapOf, textOf } from './reading.ts'

/** Routes and fallbacks name upstreams; one that nothing names is probably a slip. */
export function checkReferences(document: Readonly<Record<string, unknown>>, issues: IssueCollector): void {
  const upstreams = Object.keys(mapOf(document['upstreams']))
  const known = new Set(upstreams)
  const used = new Set<string>()
  let allKnown = true
  for (const [index, route] of listOf(document['routes']).entries()) {
    const name = textOf(mapOf(route)['upstream'])
    const path = ['routes', index, 'upstream']
    if (name !== null && known.has(name)) used.add(name)
    else allKnown = false
    if (name !== null && !known.has(name)) {
      issues.add(path, { code: 'dangling-reference', message: `there is no upstream "${name}"`, hint: suggestion(name, upstreams, 'upstreams') })
    }
  }
  for (const [name, upstream] of Object.entries(mapOf(document['upstreams']))) {
    const other = textOf(mapOf(mapOf(upstream)['fallback'])['upstream'])
    if (other === null) continue
    if (other === name) {
      issues.add(['upstreams', name, 'fallback', 'upstream'], { code: 'dangling-reference', message: 'an upstream cannot be its own fallback' })
    } else if (known.has(other)) {
      used.add(other)
    } else {
      const others = upstreams.filter((candidate) => candidate !== name)
      issues.add(['upstreams', name, 'fallback', 'upstream'], {
        code: 'dangling-reference',
        message: `there is no upstream "${other}"`,
        hint: suggestion(other, others, 'other upstreams')
      })
      allKnown = false
    }
  }
  // A route with a mistyped upstream would make the right one look unused.
  if (!allKnown) return
  for (const name of upstreams.filter((upstream) => !used.has(upstream))) {
    issues.add(['upstreams', name], { severity: 'warning', code: 'unused-upstream', message: `no route uses the upstream "${name}"`, focus: 'key' })
  }
}
