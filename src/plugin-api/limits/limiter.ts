import type { FastifyReply, FastifyRequest } from 'fastify'
import { gatewayError, type GatewayError } from '../../errors.ts'
import { answerFields, setFields, type FieldOptions } from './answer-fields.ts'
import type { CostLedger } from './cost-ledger.ts'
import { wholeSeconds } from './fields.ts'
import { ruleFor, type LimitPolicy, type PolicyRule } from './policy.ts'
import { countVerdicts } from './policy-counters.ts'
import type { LimitQuestion, LimitStore, LimitVerdict } from './store.ts'
import { StoreDecider, type StoreUse } from './store-decider.ts'

export interface LimiterSettings extends StoreUse<LimitStore> {
  readonly policies: readonly (LimitPolicy & { readonly keyOf: (request: FastifyRequest) => string })[]
  readonly isAllowed: ((request: FastifyRequest) => boolean) | null
  readonly ledger: CostLedger | null
  readonly fields: FieldOptions
}

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
  readonly #decider: StoreDecider<LimitStore, Asked, readonly LimitVerdict[]>

  constructor(settings: LimiterSettings) {
    this.#settings = settings
    this.#decider = new StoreDecider({
      ...settings,
      awayDetail: 'It cannot be told at the moment how much of a limit is left.',
      ask: (store, { questions }) => store.consume(questions),
      conclude: (asked, store, verdicts) => this.#conclude(asked, store, verdicts)
    })
  }

  /** Calls `done` at once when the store answers at once. */
  handle(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const { policies, isAllowed } = this.#settings
    if (isAllowed !== null && isAllowed(request)) {
      done()
      return
    }
    const { consumer } = request.gateway
    const rules = policies.map((policy) => ruleFor(policy, consumer))
    const questions = policies.map(({ keyOf, cost }, index) => ({ rule: (rules[index] as PolicyRule).rule, key: keyOf(request), cost }))
    this.#decider.decide({ request, reply, rules, questions }, done)
  }

  #conclude(asked: Asked, store: LimitStore, verdicts: readonly LimitVerdict[]): GatewayError | undefined {
    const { counters, isDryRun, ledger, fields } = this.#settings
    const isRefused = countVerdicts(counters, verdicts) !== -1
    if (!isRefused) ledger?.open(asked.request, store, asked.questions)
    // What is only tried out is not told to clients: they would hold themselves to it.
    if (isDryRun) return undefined
    const headers = answerFields(asked.reply, asked.rules, verdicts, fields)
    // On the reply also when it is refused: there stands the item of an earlier instance, and it would replace both.
    setFields(asked.reply, headers)
    return isRefused ? refusal(asked.rules, verdicts, headers) : undefined
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
  // A cost that the limit can never admit has no time to come again.
  const retryAfter = Number.isFinite(waitMs) ? { 'retry-after': String(wholeSeconds(waitMs)) } : {}
  return gatewayError('SP_RATE_LIMITED', {
    detail: (rules[last] as PolicyRule).refusal,
    headers: { ...headers, ...retryAfter }
  })
}
