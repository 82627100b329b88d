import type { LimitQuestion, LimitRule, LimitVerdict } from '../../plugin-api/limits/store.ts'
import { cellUsOf } from '../../policy/limiter/terms.ts'
import type { Script } from './script.ts'

/** One call of a script. All keys of a call are on one server. */
export interface ScriptCall {
  /** Another script than that of the limits. */
  readonly script?: Script
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** What the script is to do, see limits.lua. */
export type Deed = 'consume' | 'charge' | 'undo'

/** One question as the script sees it. */
export interface Encoded {
  readonly key: string
  /** Algorithm, cost and four parameters. */
  readonly args: readonly string[]
}

const CODES = { gcra: 'g', 'sliding-window': 's', 'fixed-window': 'f' } as const

/** Rules are the same objects for every request, so what they come to is worked out once. */
export class QuestionEncoder {
  readonly #prefix: string
  readonly #rules = new WeakMap<LimitRule, RuleCode>()

  /** @param prefix Of every key; without braces */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  encode({ rule, key, cost }: LimitQuestion): Encoded {
    let code = this.#rules.get(rule)
    if (code === undefined) this.#rules.set(rule, (code = codeOf(rule)))
    const [algorithm, a, b, c, d] = code.args
    return { key: `${this.#prefix}{${withoutBraces(key)}}${code.suffix}`, args: [algorithm, String(cost), a, b, c, d] }
  }
}

interface RuleCode {
  /** What follows the hash tag. The kind of count is part of it, so that a changed rule never reads a state of another form. */
  readonly suffix: string
  readonly args: readonly [string, string, string, string, string]
}

function codeOf(rule: LimitRule): RuleCode {
  const { id, algorithm, limit, burst, calendar } = rule
  const windowUs = Math.max(1, Math.round(rule.windowMs * 1000))
  const suffix = `${CODES[algorithm]}${calendar ?? ''}:${id}`
  if (algorithm === 'gcra') {
    const common = greatestDivisor(windowUs, limit)
    const parts = limit / common
    return { suffix, args: ['gcra', text(Math.floor(windowUs / limit)), text((windowUs % limit) / common), text(parts), text(burst)] }
  }
  if (algorithm === 'sliding-window') return { suffix, args: ['sliding', text(limit), text(windowUs), text(cellUsOf(rule)), '0'] }
  return { suffix, args: ['fixed', text(limit), text(windowUs), calendar ?? '', '0'] }
}

/** Never in scientific notation, which starts at 1e21. */
function text(value: number): string {
  return String(value)
}

function greatestDivisor(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}

/** A brace would end the hash tag early, and let two callers' keys fall together. */
export function withoutBraces(key: string): string {
  return /[%{}]/.test(key) ? key.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D') : key
}

/** @param at Of `undo`: when it was taken, as the answer to that call said */
export function callOf(deed: Deed, questions: readonly Encoded[], at = 0): ScriptCall {
  const args: string[] = [deed, String(at)]
  for (const question of questions) args.push(...question.args)
  return { keys: questions.map(({ key }) => key), args }
}

/** The same call, giving back. */
export function undoOf(questions: readonly Encoded[], at: number): ScriptCall {
  const negative = questions.map(({ key, args: [algorithm = '', cost = '0', ...rest] }) => ({
    key,
    args: [algorithm, String(-Number(cost)), ...rest]
  }))
  return callOf('undo', negative, at)
}

export interface ScriptAnswer {
  /** The server's time in µs since the Unix epoch. */
  readonly at: number
  readonly verdicts: readonly LimitVerdict[]
}

/** Null when it is no answer of the script to that many questions. */
export function decodeAnswer(answer: unknown, count: number): ScriptAnswer | null {
  if (!Array.isArray(answer) || answer.length !== 1 + 3 * count || !answer.every((number) => typeof number === 'number')) return null
  const numbers = answer as readonly number[]
  const verdicts: LimitVerdict[] = []
  for (let i = 1; i < numbers.length; i += 3) {
    const [remaining = 0, reset = 0, wait = 0] = [numbers[i], numbers[i + 1], numbers[i + 2]]
    verdicts.push({ allowed: wait === 0, remaining, resetMs: reset / 1000, retryAfterMs: wait < 0 ? Infinity : wait / 1000 })
  }
  return { at: numbers[0] ?? 0, verdicts }
}
