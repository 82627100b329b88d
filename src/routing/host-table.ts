import type { Candidate } from './candidate.ts'
import { parseHost } from './host-pattern.ts'
import { foldShape, pathShape } from './path-shape.ts'
import { PathTable } from './path-table.ts'
import type { Search } from './search.ts'
import type { RouteMatch } from './types.ts'

/** All routes by host, then by path. */
export class HostTable {
  readonly #exact = new Map<string, PathTable>()
  /** By suffix: `*.example.com` is under `.example.com`. */
  readonly #wildcards = new Map<string, PathTable>()
  readonly #any = new PathTable()
  readonly #isFolded: boolean
  #usesHosts = false

  /** `isFolded`: for the check of other spellings, with letter case and trailing slashes of the patterns ignored. */
  constructor(isFolded: boolean) {
    this.#isFolded = isFolded
  }

  /** Without hosts in the configuration, the request's host is not even read. */
  get usesHosts(): boolean {
    return this.#usesHosts
  }

  /** Takes in all routes, once; a step for each. */
  *fill(routes: readonly RouteMatch[]): Generator<void, void, undefined> {
    for (const route of routes) {
      this.#add(route)
      yield
    }
    for (const table of [...this.#exact.values(), ...this.#wildcards.values(), this.#any]) yield* table.sealStepwise()
    this.#usesHosts = this.#exact.size + this.#wildcards.size > 0
  }

  #add(route: RouteMatch): void {
    const folded = this.#isFolded
    const written = pathShape(route.path)
    const shape = folded ? foldShape(written) : written
    if (route.hosts.length === 0) this.#any.add(route, undefined, shape, folded)
    const seen = new Set<string>()
    for (const host of route.hosts) {
      const parsed = parseHost(host)
      if (!parsed.ok) throw new TypeError(`host ${JSON.stringify(host)}: ${parsed.reason}`)
      if (seen.has(parsed.text)) continue
      seen.add(parsed.text)
      const table = parsed.host.kind === 'exact' ? tableFor(this.#exact, parsed.host.host) : tableFor(this.#wildcards, parsed.host.suffix)
      table.add(route, parsed.text, shape, folded)
    }
  }

  /** The best candidate for `search.path`; a more specific host without a matching route gives way to a less specific one. */
  find(search: Search): Candidate | undefined {
    return (this.#usesHosts ? this.#findByHost(search) : undefined) ?? this.#any.find(search)
  }

  #findByHost(search: Search): Candidate | undefined {
    const { host } = search.facts
    const found = this.#exact.get(host)?.find(search)
    if (found !== undefined || this.#wildcards.size === 0) return found
    // From 1: at least one label stands in front of the suffix. The longest suffix comes first.
    for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const candidate = this.#wildcards.get(host.slice(dot))?.find(search)
      if (candidate !== undefined) return candidate
    }
    return undefined
  }
}

function tableFor(tables: Map<string, PathTable>, key: string): PathTable {
  const table = tables.get(key) ?? new PathTable()
  tables.set(key, table)
  return table
}
