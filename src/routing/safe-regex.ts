import { backtrackingCost } from './regex-ambiguity.ts'
import { parseRegex, type RegexNode } from './regex-ast.ts'
import { buildAutomaton, RegexRefusal } from './regex-automaton.ts'
import { charSetOf, everyChar } from './regex-charset.ts'
import { compileRegex } from './regex.ts'

export type SafeRegexResult = { readonly ok: true } | { readonly ok: false; readonly reason: string }

const maxSourceLength = 1000
/** Quadratic is bearable at the length that the gateway lets a path or a header have; cubic is not. */
const maxDegree = 2

/**
 * Whether a route may use this regular expression: valid, and with a matching time that grows at most with the square of the
 * input's length. Expressions that cannot be judged (backreferences, huge repetitions) are refused. Pure and deterministic;
 * takes well under a millisecond for usual expressions.
 */
export function isSafeRegex(source: string): SafeRegexResult {
  if (source.length > maxSourceLength) return refused(`it is longer than ${maxSourceLength} characters`)
  let flags: string
  try {
    flags = compileRegex(source).flags
  } catch (error) {
    return refused(syntaxReason(error))
  }
  try {
    return judge(parseRegex(source, flags))
  } catch (error) {
    if (error instanceof RegexRefusal) return refused(error.message)
    throw error
  }
}

function judge(root: RegexNode): SafeRegexResult {
  const looks = findLookarounds(root, false)
  const degrees = looks.map((look) => degreeOf(look))
  const degree = degreeOf(withoutOpenEnd(root)) + Math.max(0, ...degrees)
  if (degree <= maxDegree) return { ok: true }
  if (degree === Infinity) return refused('a hostile input makes it take exponential time: a repetition can read the same text in more than one way')
  return refused(`a hostile input makes it take time with the power of ${degree} of its length: too many repetitions can read the same text`)
}

function degreeOf(node: RegexNode): number {
  const cost = backtrackingCost(buildAutomaton(node))
  return cost === 'exponential' ? Infinity : cost
}

/** A final `.*` cannot fail, so nothing before it is ever retried on its account: `/a/.*` costs nothing. */
function withoutOpenEnd(node: RegexNode): RegexNode {
  if (node.kind === 'choice') return { kind: 'choice', items: node.items.map(withoutOpenEnd) }
  if (node.kind === 'repeat' && node.max === Infinity && node.min <= 1 && matchesEveryChar(node.item)) {
    return node.min === 1 ? node.item : { kind: 'sequence', items: [] }
  }
  if (node.kind !== 'sequence') return node
  // A final `$` is what the router adds anyway.
  const items = node.items.at(-1)?.kind === 'assertion' ? node.items.slice(0, -1) : node.items
  const last = items.at(-1)
  if (last === undefined) return node
  const open = withoutOpenEnd(last)
  const rest = items.slice(0, -1)
  // `.*.*` is as open as `.*`.
  if (open.kind === 'sequence' && open.items.length === 0) return withoutOpenEnd({ kind: 'sequence', items: rest })
  return { kind: 'sequence', items: [...rest, open] }
}

function matchesEveryChar(node: RegexNode): boolean {
  return node.kind === 'chars' && charSetOf(node.text, node.flags) === everyChar
}

function findLookarounds(node: RegexNode, repeated: boolean): readonly RegexNode[] {
  switch (node.kind) {
    case 'sequence':
    case 'choice':
      return node.items.flatMap((item) => findLookarounds(item, repeated))
    case 'repeat':
      return findLookarounds(node.item, repeated || node.max > 1)
    case 'look':
      if (repeated && degreeOf(node.item) > 0) throw new RegexRefusal('it repeats a lookaround that itself has a repetition')
      return [node.item, ...findLookarounds(node.item, repeated)]
    case 'chars':
    case 'assertion':
    case 'backreference':
      return []
  }
}

/** "Invalid regular expression: /^(?:…)$/s: Unterminated group" says too much: the author wrote only a part of it. */
function syntaxReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return `it is not a valid regular expression: ${message.slice(message.lastIndexOf(': ') + 2).toLowerCase()}`
}

function refused(reason: string): SafeRegexResult {
  return { ok: false, reason }
}
