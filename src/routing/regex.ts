import { parseRegex, type RegexNode } from './regex-ast.ts'

export interface RegexCompileOptions {
  /** For the check of other spellings; see `spelling.ts`. */
  readonly ignoreCase?: boolean
}

/**
 * Compiles a route's regular expression, anchored at both ends whatever the author wrote. The `v` flag is used when the
 * source is valid with it, else `u`, else none; `.` matches every character, also a line feed, so that `.*` means "anything".
 *
 * Throws the engine's SyntaxError when the source is invalid in every mode.
 */
export function compileRegex(source: string, options: RegexCompileOptions = {}): RegExp {
  const extra = options.ignoreCase === true ? 'si' : 's'
  for (const mode of ['v', 'u']) {
    try {
      return anchored(source, mode + extra)
    } catch {
      // A less strict mode may take it.
    }
  }
  return anchored(source, extra)
}

function anchored(source: string, flags: string): RegExp {
  // On its own first: `a)|(b` is only valid inside the group that anchors it.
  void new RegExp(source, flags)
  return new RegExp(`^(?:${source})$`, flags)
}

export interface RegexOutline {
  /** The names of the named groups, in order of appearance. */
  readonly groupNames: readonly string[]
  /** The characters that every matching text starts with, as far as they are written plainly: `/files/v[0-9]+` has `/files/v`. */
  readonly literalPrefix: string
}

/** Throws like `compileRegex`. */
export function regexOutline(source: string): RegexOutline {
  const compiled = compileRegex(source)
  return { groupNames: groupNames(source, compiled), literalPrefix: literalPrefix(source, compiled.flags) }
}

function groupNames(source: string, compiled: RegExp): readonly string[] {
  if (!source.includes('(?<')) return []
  // With an empty alternative it matches anything, and the engine lists its groups.
  return Object.keys(new RegExp(`${compiled.source}|`, compiled.flags).exec('')?.groups ?? {})
}

function literalPrefix(source: string, flags: string): string {
  const root = parseRegex(source, flags)
  const items: readonly RegexNode[] = root.kind === 'sequence' ? root.items : [root]
  let prefix = ''
  for (const item of items) {
    if (item.kind === 'chars' && item.literal !== undefined) prefix += item.literal
    else if (item.kind !== 'assertion' || prefix !== '') break
  }
  return prefix
}
