import { formatPath, type Issue, type Path } from './issue.ts'
import { nearest } from './nearest.ts'
import { splitPlaceholders, type Part } from './placeholders.ts'
import type { Node, Position, ScalarNode } from './tree.ts'

/** What a configuration may take from its surroundings. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; `path` is absolute or relative to the configuration file. Throws when it cannot be read. */
  readonly readFile: (path: string) => string
}

export interface Interpolated {
  readonly root: Node
  readonly issues: readonly Issue[]
  /** Texts that were read from files; no message may contain them. */
  readonly secrets: readonly string[]
}

interface Place {
  readonly at: Position
  readonly path: Path
}

/** Fills `${…}` in the values of a document, never in its keys; the result is not read as YAML again. */
export function interpolate(file: string, root: Node, sources: Sources): Interpolated {
  const issues: Issue[] = []
  const secrets: string[] = []

  const report = ({ at, path }: Place, code: string, message: string, hint: string): void => {
    issues.push({ severity: 'error', file, ...at, path: formatPath(path), code, message, hint })
  }

  const fill = (part: Part, at: Place): string | null => {
    switch (part.kind) {
      case 'text':
        return part.text
      case 'invalid':
        report(at, 'bad-placeholder', part.reason, 'write $${ for a literal ${')
        return null
      case 'variable': {
        const value = sources.env[part.name]
        // As in a shell, `:-` also stands in for an empty variable.
        if (part.fallback !== null) return value === undefined || value === '' ? part.fallback : value
        if (value !== undefined) return value
        const close = nearest(part.name, Object.keys(sources.env))
        report(
          at,
          'missing-variable',
          `the environment variable ${part.name} is not set`,
          close === null ? `set it, or write \${${part.name}:-default}` : `did you mean ${close}?`
        )
        return null
      }
      case 'file':
        try {
          const text = sources.readFile(part.path).replace(/\r?\n$/, '')
          secrets.push(text)
          return text
        } catch (error) {
          report(at, 'unreadable-file', `cannot read the file ${part.path}`, reasonOf(error))
          return null
        }
    }
  }

  /** One array for the whole walk, most of which finds nothing to fill. */
  const path: (string | number)[] = []

  const scalar = (node: ScalarNode): ScalarNode => {
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node
    const parts = splitPlaceholders(node.value)
    let mark = 0
    const texts = parts.map((part) => fill(part, { path, at: part.kind === 'text' ? node.at : (node.marks[mark++] ?? node.at) }))
    return {
      ...node,
      value: texts.join(''),
      origin: {
        fromFile: parts.some((part) => part.kind === 'file'),
        fromEnv: parts.some((part) => part.kind === 'variable'),
        whole: parts.length === 1 && parts[0]?.kind !== 'text',
        broken: texts.includes(null)
      }
    }
  }

  const below = (key: string | number, node: Node): Node => {
    path.push(key)
    const filled = walk(node)
    path.pop()
    return filled
  }

  const walk = (node: Node): Node => {
    if (node.kind === 'scalar') return scalar(node)
    if (node.kind === 'list') {
      const items = node.items.map((item, index) => below(index, item))
      return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
    }
    const values = node.entries.map(({ key, value }) => below(key, value))
    if (values.every((value, index) => value === node.entries[index]?.value)) return node
    return { ...node, entries: node.entries.map((entry, index) => ({ ...entry, value: values[index] as Node })) }
  }

  return { root: walk(root), issues, secrets }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a directory'
    default:
      return 'it could not be opened'
  }
}
