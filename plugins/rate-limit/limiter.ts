import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  answerFields,
  gatewayError,
  setFields,
  StoreUnavailable,
  wholeSeconds,
  type FieldOptions,
  type GatewayError,
  type LimitQuestion,
  type LimitStore,
  type LimitVerdict
} from '../../src/plugin-api/index.ts'
import type { CostLedger } from './cost-ledger.ts'
import { ruleFor, type Policy, type PolicyRule } from './policies.ts'
import type { PolicyCounters } from './policy-counters.ts'

/** How long a client should wait when nobody can say how much of its limit is left. */
const STORE_RETRY_SECONDS = '1'

export interface LimiterSettings {
  readonly policies: readonly (Policy & { readonly keyOf: (request: FastifyRequest) => string })[]
  readonly store: LimitStore
  readonly onStoreError: 'allow' | 'deny' | 'local'
  readonly memory: LimitStore
  readonly isDryRun: boolean
  readonly isAllowed: ((request: FastifyRequest) => boolean) | null
  readonly counters: readonly PolicyCounters[]
  readonly ledger: CostLedger | null
  readonly fields: FieldOptions
}

type Done = (error?: Error) => void

/** What is asked of one request, with the rule of each question. */
interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly rules: readonly PolicyRule[]
  readonly questions: readonly LimitQuestion[]
}

/** Decides about requests, all limits of one in a single call of the store. */
export class Limiter {
  readonly #settings: LimiterSettings

  constructor(settings: LimiterSettings) {
    this.#settings = settings
  }

  /** Calls `done` at once when the store answers at once. */
  handle(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { policies, store, isAllowed } = this.#settings
    if (isAllowed !== null && isAllowed(request)) {
      done()
      return
    }
    const { consumer } = request.gateway
    const rules = policies.map((policy) => ruleFor(policy, consumer))
    const questions = policies.map(({ keyOf, cost }, index) => ({ rule: (rules[index] as PolicyRule).rule, key: keyOf(request), cost }))
    const asked = { request, reply, rules, questions }
    const answer = store.consume(questions)
    if ('then' in answer) void this.#answerLater(asked, answer, done)
    else done(this.#conclude(asked, store, answer))
  }

  async #answerLater(asked: Asked, answer: Promise<readonly LimitVerdict[]>, done: Done): Promise<void> {
    let error: Error | undefined
    try {
      error = await this.#decideLater(asked, answer)
    } catch (thrown) {
      error = thrown as Error
    }
    done(error)
  }

  async #decideLater(asked: Asked, answer: Promise<readonly LimitVerdict[]>): Promise<GatewayError | undefined> {
    let verdicts: readonly LimitVerdict[]
    try {
      verdicts = await answer
    } catch (error) {
      return this.#withoutStore(asked, error)
    }
    return this.#conclude(asked, this.#settings.store, verdicts)
  }

  /** Undefined lets the request pass. */
  #conclude(asked: Asked, store: LimitStore, verdicts: readonly LimitVerdict[]): GatewayError | undefined {
    const { counters, isDryRun, ledger, fields } = this.#settings
    const isRefused = verdicts.some(({ allowed }) => !allowed)
    for (let i = 0; i < verdicts.length; i++) {
      if (!isRefused) counters[i]?.allowed.inc()
      else if (verdicts[i]?.allowed === false) (isDryRun ? counters[i]?.dryRunRefused : counters[i]?.refused)?.inc()
    }
    if (!isRefused) ledger?.open(asked.request, store, asked.questions)
    // What is only tried out is not told to clients: they would hold themselves to it.
    if (isDryRun) return undefined
    const headers = answerFields(asked.reply, asked.rules, verdicts, fields)
    // On the reply also when it is refused: there stands the item of an earlier instance, and it would replace both.
    setFields(asked.reply, headers)
    return isRefused ? refusal(asked.rules, verdicts, headers) : undefined
  }

  async #withoutStore(asked: Asked, error: unknown): Promise<GatewayError | undefined> {
    if (!(error instanceof StoreUnavailable)) throw error
    const { counters, onStoreError, memory, isDryRun } = this.#settings
    for (const counter of counters) counter.storeErrors[error.reason].inc()
    if (onStoreError === 'local') return this.#conclude(asked, memory, await memory.consume(asked.questions))
    if (onStoreError === 'deny' && !isDryRun) {
      return gatewayError('SP_OVERLOADED', {
        detail: 'It cannot be told at the moment how much of a limit is left.',
        headers: { 'retry-after': STORE_RETRY_SECONDS },
        cause: error
      })
    }
    for (const counter of counters) counter.allowed.inc()
    return undefined
  }
}

function refusal(rules: readonly PolicyRule[], verdicts: readonly LimitVerdict[], headers: Readonly<Record<string, string>>): GatewayError {
  let last = 0
  let waitMs = -1
  for (const [index, { allowed, retryAfterMs }] of verdicts.entries()) {
    if (allowed || retryAfterMs <= waitMs) continue
    waitMs = retryAfterMs
    last = index
  }
  const { rule, window, fields } = rules[last] as PolicyRule
  // A cost that the limit can never admit has no time to come again.
  const retryAfter = Number.isFinite(waitMs) ? { 'retry-after': String(wholeSeconds(waitMs)) } : {}
  return gatewayError('SP_RATE_LIMITED', {
    detail: `The limit ${fields.name} of ${rule.limit} in ${window} is used up.`,
    headers: { ...headers, ...retryAfter }
  })
}
