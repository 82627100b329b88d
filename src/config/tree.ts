import type { Path } from './issue.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** Where the text of a scalar that held `${…}` came from. */
export interface Origin {
  /** Some part of it was read from a file and must never be shown. */
  readonly fromFile: boolean
  /** Some part of it was read from the environment. */
  readonly fromEnv: boolean
  /** The whole scalar was one `${…}`: it may become a number or boolean where the schema wants one. */
  readonly whole: boolean
  /** Something could not be resolved and was reported; the value means nothing. */
  readonly broken: boolean
}

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: Position
  readonly value: string | number | boolean | null
  /** Position of each `${` of the value. */
  readonly marks: readonly Position[]
  readonly origin: Origin | null
}

export interface MapNode {
  readonly kind: 'map'
  readonly at: Position
  readonly entries: readonly MapEntry[]
}

export interface MapEntry {
  readonly key: string
  readonly keyAt: Position
  readonly value: Node
}

export interface ListNode {
  readonly kind: 'list'
  readonly at: Position
  readonly items: readonly Node[]
}

/** A YAML document with aliases resolved and every position kept. */
export type Node = ScalarNode | MapNode | ListNode

/** The plain value of a tree; every call builds new objects. */
export function toData(node: Node): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toData)
  return Object.fromEntries(node.entries.map((entry) => [entry.key, toData(entry.value)]))
}

export interface Located {
  /** The node at the path, or null when the document has none there. */
  readonly node: Node | null
  /** The key that leads to the node; the node's own place in a list or at the root. */
  readonly keyAt: Position
  /** The key or item of the deepest part of the path that exists. */
  readonly nearestAt: Position
}

/** Finds where a path stands in the text. */
export function locate(root: Node, path: Path): Located {
  let node: Node = root
  let keyAt: Position = root.at
  for (const part of path) {
    const step = child(node, part)
    if (step === null) return { node: null, keyAt, nearestAt: keyAt }
    ;[node, keyAt] = step
  }
  return { node, keyAt, nearestAt: keyAt }
}

function child(node: Node, part: string | number): readonly [Node, Position] | null {
  if (node.kind === 'list') {
    const item = node.items[Number(part)]
    return item === undefined ? null : [item, item.at]
  }
  if (node.kind === 'scalar') return null
  const entry = node.entries.find((candidate) => candidate.key === part)
  return entry === undefined ? null : [entry.value, entry.keyAt]
}
