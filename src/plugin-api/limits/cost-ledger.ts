import type { FastifyRequest } from 'fastify'
import type { Log, ResponseHead } from '../types.ts'
import type { LimitPolicy } from './policy.ts'
import type { PolicyCounters } from './policy-counters.ts'
import { StoreUnavailable, type LimitQuestion, type LimitStore } from './store.ts'

/** Fields of costs that were taken out of a request's answer: another plugin on the same route may charge by the same one. */
const TAKEN = Symbol('costs that were taken out of the answer')

interface Costed extends FastifyRequest {
  [TAKEN]?: Map<string, string | undefined>
}

/** What was taken for a request, and where. */
interface Entry {
  readonly store: LimitStore
  readonly questions: readonly LimitQuestion[]
}

export interface LedgerSettings {
  readonly policies: readonly LimitPolicy[]
  readonly counters: readonly PolicyCounters[]
  /** What is charged when the store is away; null: nothing. */
  readonly fallback: LimitStore | null
  readonly log: Log
}

/** Sets right what requests were charged beforehand, by what their answers say that they cost. */
export class CostLedger {
  readonly #settings: LedgerSettings
  readonly #open = new WeakMap<FastifyRequest, Entry>()

  constructor(settings: LedgerSettings) {
    this.#settings = settings
  }

  open(request: FastifyRequest, store: LimitStore, questions: readonly LimitQuestion[]): void {
    this.#open.set(request, { store, questions })
  }

  /** The fields are between the upstream and the gateway: they are taken out of every answer. */
  settle(request: FastifyRequest, head: ResponseHead): void {
    const entry = this.#open.get(request)
    this.#open.delete(request)
    const told = this.#settings.policies.map(({ costField }) => (costField === null ? undefined : takeField(request, head, costField)))
    if (entry === undefined) return
    const rest = entry.questions.flatMap((question, index) => {
      const units = unitsOf(told[index])
      return units === null || units === question.cost ? [] : [{ ...question, cost: units - question.cost }]
    })
    if (rest.length > 0) this.#charge(entry.store, rest)
  }

  #charge(store: LimitStore, questions: readonly LimitQuestion[]): void {
    const charged = store.charge(questions)
    charged?.catch((error: unknown) => {
      const { counters, fallback, log } = this.#settings
      if (!(error instanceof StoreUnavailable)) log.error({ err: error }, 'the cost of an answer could not be charged')
      else for (const counter of counters) counter.storeErrors[error.reason].inc()
      void fallback?.charge(questions)
    })
  }
}

function takeField(request: Costed, head: ResponseHead, name: string): string | undefined {
  const taken = (request[TAKEN] ??= new Map())
  if (!taken.has(name)) taken.set(name, head.get(name))
  head.remove(name)
  return taken.get(name)
}

/** Null for what is no whole number: the charge beforehand stays. */
function unitsOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null
}
