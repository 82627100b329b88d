import type { PluginDefinition } from '../plugin-api/index.ts'
import { deepFreeze } from './canonical.ts'
import type { Plan, PluginPlan, PluginSource, RoutePlan, UpstreamPlan } from './plan.ts'
import { isMap } from './prepare.ts'

/** A chain by the places of its plugins among those that were sent before. */
type Chain = readonly number[]
type ShippedPlugin = Omit<PluginPlan, 'definition'>
type ShippedRoute = Omit<RoutePlan, 'plugins'> & { readonly plugins: Chain }
type ShippedUnmatched = Omit<Plan['unmatched'], 'plugins'> & { readonly plugins: Chain }
type ShippedRest = Omit<Plan, 'routes' | 'upstreams' | 'consumers' | 'unmatched' | 'redacted'> & { readonly unmatched: ShippedUnmatched }

/**
 * A part of a plan without functions: what the structured clone algorithm can send to another thread or process. The parts follow each other in
 * the order in which `packPlan` gives them; each is small, so that whoever serves requests can take one at a time.
 */
export type PlanPiece =
  | { readonly kind: 'plugins'; readonly items: readonly ShippedPlugin[] }
  | { readonly kind: 'upstreams'; readonly items: readonly UpstreamPlan[] }
  | { readonly kind: 'consumers'; readonly items: Plan['consumers'] }
  | { readonly kind: 'routes'; readonly items: readonly ShippedRoute[] }
  /** Entries of one top-level list or map of the redacted document; null for entries of the document itself. */
  | { readonly kind: 'redacted'; readonly under: string | null; readonly entries: readonly (readonly [key: string | number, value: unknown])[] }
  | { readonly kind: 'rest'; readonly rest: ShippedRest }

/** Finds the code of a plugin where the plan arrives. */
export type BindPlugin = (alias: string, source: PluginSource) => PluginDefinition

/** Some 100 routes without plugins, or 40 upstreams: about a millisecond to receive. */
const VALUES_PER_PIECE = 2000

/** Cuts a plan into pieces of about so many values each; a larger item is a piece by itself. */
export function* packPlan(plan: Plan, valuesPerPiece = VALUES_PER_PIECE): Generator<PlanPiece, void, undefined> {
  const { routes, upstreams, consumers, unmatched, redacted, ...rest } = plan
  const places = new Map<PluginPlan, number>()
  const chainOf = (plugins: readonly PluginPlan[]): Chain => plugins.map((plugin) => places.get(plugin) as number)
  for (const plugin of [unmatched, ...routes].flatMap(({ plugins }) => plugins)) if (!places.has(plugin)) places.set(plugin, places.size)
  const plugins = Array.from(places.keys(), withoutCode)
  for (const items of batches(plugins, valuesPerPiece)) yield { kind: 'plugins', items }
  for (const items of batches(upstreams, valuesPerPiece)) yield { kind: 'upstreams', items }
  for (const items of batches(consumers, valuesPerPiece)) yield { kind: 'consumers', items }
  const shipped = routes.map((route) => ({ ...route, plugins: chainOf(route.plugins) }))
  for (const items of batches(shipped, valuesPerPiece)) yield { kind: 'routes', items }
  yield* packRedacted(redacted, valuesPerPiece)
  yield { kind: 'rest', rest: { ...rest, unmatched: { ...unmatched, plugins: chainOf(unmatched.plugins) } } }
}

/** Puts a plan together again, frozen as it was, its plugins bound to their code. Each call does no more than its piece takes. */
export class PlanUnpacker {
  readonly #bind: BindPlugin
  readonly #plugins: PluginPlan[] = []
  readonly #definitions = new Set<unknown>()
  readonly #upstreams: UpstreamPlan[] = []
  readonly #consumers: Plan['consumers'][number][] = []
  readonly #routes: RoutePlan[] = []
  readonly #chains = new Map<string, readonly PluginPlan[]>()
  readonly #redacted: Record<string, unknown> = {}
  #rest: ShippedRest | null = null

  constructor(bind: BindPlugin) {
    this.#bind = bind
  }

  /** @throws what `bind` throws */
  add(piece: PlanPiece): void {
    switch (piece.kind) {
      case 'plugins':
        for (const plugin of piece.items) this.#plugins.push(this.#bound(plugin))
        break
      case 'upstreams':
        for (const upstream of piece.items) this.#upstreams.push(deepFreeze(upstream))
        break
      case 'consumers':
        for (const consumer of piece.items) this.#consumers.push(deepFreeze(consumer))
        break
      case 'routes':
        for (const route of piece.items) this.#routes.push(deepFreeze({ ...route, plugins: this.#chainOf(route.plugins) }, this.#definitions))
        break
      case 'redacted':
        this.#addRedacted(piece.under, piece.entries)
        break
      case 'rest':
        this.#rest = piece.rest
    }
  }

  /** @throws Error when the last piece has not come */
  finish(): Plan {
    if (this.#rest === null) throw new Error('the plan is not complete')
    const { unmatched, ...rest } = this.#rest
    for (const value of Object.values(this.#redacted)) Object.freeze(value)
    const plan: Plan = {
      ...rest,
      upstreams: Object.freeze(this.#upstreams),
      consumers: Object.freeze(this.#consumers),
      routes: Object.freeze(this.#routes),
      unmatched: { ...unmatched, plugins: this.#chainOf(unmatched.plugins) },
      redacted: Object.freeze(this.#redacted)
    }
    return deepFreeze(plan, this.#definitions)
  }

  #bound(plugin: ShippedPlugin): PluginPlan {
    const definition = this.#bind(plugin.alias, plugin.source)
    this.#definitions.add(definition)
    return deepFreeze({ ...plugin, definition }, this.#definitions)
  }

  /** Routes without plugins of their own share one list, as they did before. */
  #chainOf(places: Chain): readonly PluginPlan[] {
    const key = places.join(' ')
    let chain = this.#chains.get(key)
    if (chain === undefined) {
      chain = Object.freeze(places.map((place) => this.#plugins[place] as PluginPlan))
      this.#chains.set(key, chain)
    }
    return chain
  }

  #addRedacted(under: string | null, entries: readonly (readonly [key: string | number, value: unknown])[]): void {
    const holder = (under === null ? this.#redacted : this.#redacted[under]) as Record<string | number, unknown>
    // An empty list or map at the top will be filled by the pieces that follow, and is frozen in the end.
    for (const [key, value] of entries) holder[key] = under === null && isEmpty(value) ? value : deepFreeze(value)
  }
}

function withoutCode({ alias, scope, config, where, source }: PluginPlan): ShippedPlugin {
  return { alias, scope, config, where, source }
}

function* packRedacted(document: unknown, valuesPerPiece: number): Generator<PlanPiece> {
  for (const [key, value] of Object.entries(isMap(document) ? document : {})) {
    const isLarge = countValues(value, valuesPerPiece) > valuesPerPiece && typeof value === 'object' && value !== null
    yield { kind: 'redacted', under: null, entries: [[key, !isLarge ? value : Array.isArray(value) ? [] : {}]] }
    if (!isLarge) continue
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
    for (const some of batches(entries, valuesPerPiece)) yield { kind: 'redacted', under: key, entries: some }
  }
}

function* batches<T>(items: readonly T[], valuesPerPiece: number): Generator<readonly T[]> {
  let batch: T[] = []
  let values = 0
  for (const item of items) {
    const more = countValues(item, valuesPerPiece)
    if (batch.length > 0 && values + more > valuesPerPiece) {
      yield batch
      batch = []
      values = 0
    }
    batch.push(item)
    values += more
  }
  if (batch.length > 0) yield batch
}

/** How much there is to copy, text by its length; counts no further than past the limit. */
function countValues(value: unknown, limit: number): number {
  if (typeof value === 'string') return 1 + value.length / 256
  if (typeof value !== 'object' || value === null) return 1
  const inner: Iterable<unknown> = value instanceof Set ? value : Object.values(value)
  let count = 1
  for (const one of inner) {
    count += countValues(one, limit - count)
    if (count > limit) break
  }
  return count
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
