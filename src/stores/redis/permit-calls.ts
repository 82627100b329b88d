import type { PermitQuestion, PermitVerdict } from '../../plugin-api/limits/permits.ts'
import { withoutBraces, type ScriptCall } from './encoding.ts'
import type { Script } from './script.ts'

/** One place of a request in flight, as Redis knows it. */
export interface Place {
  readonly key: string
  /** Unlike that of any other place of any gateway. */
  readonly member: string
}

/** A place that is asked for. */
export interface AskedPlace extends Place {
  readonly limit: number
}

/** Kept apart from counts of limits by its letter, see `QuestionEncoder`. */
export function permitKey(prefix: string, { rule, key }: PermitQuestion): string {
  return `${prefix}{${withoutBraces(key)}}p:${rule.id}`
}

/** Calls of permits.lua. */
export class PermitCalls {
  readonly #script: Script
  readonly #leaseMs: string

  constructor(script: Script, leaseMs: number) {
    this.#script = script
    this.#leaseMs = String(leaseMs)
  }

  acquire(places: readonly AskedPlace[]): ScriptCall {
    const args = ['acquire', this.#leaseMs]
    for (const { limit, member } of places) args.push(String(limit), member)
    return { script: this.#script, keys: places.map(({ key }) => key), args }
  }

  /** `hold` says that they are still held, `release` gives them back; both may be repeated. */
  change(deed: 'hold' | 'release', places: readonly Place[]): ScriptCall {
    const members = new Map<string, string[]>()
    for (const { key, member } of places) {
      const others = members.get(key)
      if (others === undefined) members.set(key, [member])
      else others.push(member)
    }
    const args: string[] = [deed, this.#leaseMs]
    for (const each of members.values()) args.push(String(each.length), ...each)
    return { script: this.#script, keys: [...members.keys()], args }
  }
}

/** Null when it is no answer of the script to that many questions. */
export function decodeVerdicts(answer: unknown, count: number): readonly PermitVerdict[] | null {
  if (!Array.isArray(answer) || answer.length !== 2 * count || !answer.every((number) => typeof number === 'number')) return null
  const numbers = answer as readonly number[]
  return Array.from({ length: count }, (_, index) => ({ allowed: numbers[2 * index + 1] === 1, inFlight: numbers[2 * index] ?? 0 }))
}
