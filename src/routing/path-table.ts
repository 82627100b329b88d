import { type Candidate, createCandidate, Leaf } from './candidate.ts'
import { isExact, type PathShape } from './path-shape.ts'
import type { Search } from './search.ts'
import { compareText } from './specificity.ts'
import type { RouteMatch } from './types.ts'

/** One position in the tree of segments. The order of the fields is the order in which a walk tries them: most specific first. */
interface Node {
  /** Paths that end here. */
  leaf: Leaf | undefined
  literals: Map<string, Node> | undefined
  /** The same as `literals` while there are few: comparing in place is cheaper than copying the segment out to look it up. */
  few: LiteralChild[] | undefined
  param: Node | undefined
  /** Regexes whose literal prefix leads here; the longest rest of the prefix first. */
  regexes: RegexGroup[] | undefined
  wildcard: Leaf | undefined
}

interface LiteralChild {
  readonly text: string
  readonly node: Node
}

const fewChildren = 4

/** Regexes of equal rank that can match the same path: their literal prefixes are the same. */
interface RegexGroup {
  readonly prefix: string
  readonly leaf: Leaf
}

/**
 * The routes of one host by path. An exact path costs one Map lookup; other paths one Map lookup per segment, whatever the
 * number of routes. A segment is only copied out of the path to be looked up, and captured by its offsets.
 */
export class PathTable {
  readonly #exact = new Map<string, Leaf>()
  readonly #leaves: Leaf[] = []
  #root: Node | undefined

  add(route: RouteMatch, host: string | undefined, shape: PathShape, folded: boolean): void {
    const candidate = createCandidate(route, host, shape, folded)
    this.#leafFor(shape).candidates.push(candidate)
  }

  /** To be called once, when all routes are in. */
  seal(): void {
    for (const leaf of this.#leaves) leaf.seal()
  }

  /** The same, a step for each leaf. */
  *sealStepwise(): Generator<void, void, undefined> {
    for (const leaf of this.#leaves) {
      leaf.seal()
      yield
    }
  }

  find(search: Search): Candidate | undefined {
    const leaf = this.#exact.get(search.path)
    const found = leaf === undefined ? undefined : search.pick(leaf)
    if (found !== undefined || this.#root === undefined) return found
    return walk(this.#root, 0, 0, search)
  }

  #leafFor(shape: PathShape): Leaf {
    if (isExact(shape)) {
      const path = shape.segments.map((segment) => (segment.kind === 'literal' ? `/${segment.text}` : '')).join('')
      const leaf = this.#exact.get(path) ?? this.#newLeaf()
      this.#exact.set(path, leaf)
      return leaf
    }
    let node = (this.#root ??= newNode())
    for (const segment of shape.segments) {
      node = segment.kind === 'param' ? (node.param ??= newNode()) : literalChild(node, segment.text)
    }
    switch (shape.tail.kind) {
      case 'end':
        return (node.leaf ??= this.#newLeaf())
      case 'wildcard':
        return (node.wildcard ??= this.#newLeaf())
      case 'regex':
        return this.#regexLeaf(node, shape.tail.prefix)
    }
  }

  #regexLeaf(node: Node, prefix: string): Leaf {
    const groups = (node.regexes ??= [])
    const existing = groups.find((group) => group.prefix === prefix)
    if (existing !== undefined) return existing.leaf
    const leaf = this.#newLeaf()
    groups.push({ prefix, leaf })
    groups.sort((a, b) => b.prefix.length - a.prefix.length || compareText(a.prefix, b.prefix))
    return leaf
  }

  #newLeaf(): Leaf {
    const leaf = new Leaf()
    this.#leaves.push(leaf)
    return leaf
  }
}

function newNode(): Node {
  return { leaf: undefined, literals: undefined, few: undefined, param: undefined, regexes: undefined, wildcard: undefined }
}

function literalChild(node: Node, text: string): Node {
  const literals = (node.literals ??= new Map<string, Node>())
  const known = literals.get(text)
  if (known !== undefined) return known
  const child = newNode()
  literals.set(text, child)
  node.few = literals.size > fewChildren ? undefined : [...(node.few ?? []), { text, node: child }]
  return child
}

/**
 * Tries everything below a node, best first, and comes back here when it fails: `at` is the slash before the next segment, or
 * the length of the path when there is none. Visits each node at most once, so hostile paths cannot make it explode.
 */
function walk(node: Node, at: number, captured: number, search: Search): Candidate | undefined {
  const { path } = search
  if (at >= path.length) return finish(node, search)
  const start = at + 1
  const next = path.indexOf('/', start)
  const end = next === -1 ? path.length : next
  if (node.literals !== undefined) {
    const child = node.few === undefined ? node.literals.get(path.slice(start, end)) : findAmong(node.few, path, start, end)
    const found = child === undefined ? undefined : walk(child, end, captured, search)
    if (found !== undefined) return found
  }
  if (node.param !== undefined && end > start) {
    search.starts[captured] = start
    search.ends[captured] = end
    const found = walk(node.param, end, captured + 1, search)
    if (found !== undefined) return found
  }
  if (node.regexes !== undefined) {
    const found = pickRegex(node.regexes, start, search)
    if (found !== undefined) return found
  }
  return node.wildcard === undefined ? undefined : pickWildcard(node.wildcard, start, search)
}

function findAmong(children: readonly LiteralChild[], path: string, start: number, end: number): Node | undefined {
  const length = end - start
  for (let i = 0; i < children.length; i++) {
    const child = children[i]
    if (child !== undefined && child.text.length === length && path.startsWith(child.text, start)) return child.node
  }
  return undefined
}

function finish(node: Node, search: Search): Candidate | undefined {
  const found = node.leaf === undefined ? undefined : search.pick(node.leaf)
  if (found !== undefined || node.wildcard === undefined) return found
  return pickWildcard(node.wildcard, search.path.length, search)
}

function pickWildcard(leaf: Leaf, restStart: number, search: Search): Candidate | undefined {
  search.restStart = restStart
  return search.pick(leaf)
}

function pickRegex(groups: readonly RegexGroup[], start: number, search: Search): Candidate | undefined {
  for (const { prefix, leaf } of groups) {
    const found = search.path.startsWith(prefix, start) ? search.pick(leaf) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
