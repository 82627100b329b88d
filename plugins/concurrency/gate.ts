import type { FastifyRequest } from 'fastify'
import {
  countVerdicts,
  gatewayError,
  ruleFor,
  StoreDecider,
  type GatewayError,
  type PermitAnswer,
  type PermitQuestion,
  type PermitStore,
  type StoreUse
} from '../../src/plugin-api/index.ts'
import type { Policy } from './policies.ts'

/** Nobody knows when a request that is in flight will end. */
const RETRY_SECONDS = '1'

export interface GateSettings extends StoreUse<PermitStore> {
  readonly policies: readonly (Policy & { readonly keyOf: (request: FastifyRequest) => string })[]
}

interface Asked {
  readonly request: FastifyRequest
  readonly questions: readonly PermitQuestion[]
}

/** Lets requests in while there are places, all limits of one in a single call of the store, and gives the places back at their end. */
export class Gate {
  readonly #settings: GateSettings
  readonly #decider: StoreDecider<PermitStore, Asked, PermitAnswer>

  constructor(settings: GateSettings) {
    this.#settings = settings
    this.#decider = new StoreDecider({
      ...settings,
      awayDetail: 'It cannot be told at the moment how many requests are in flight.',
      ask: (store, { questions }) => store.acquire(questions),
      conclude: (asked, _store, permits) => this.#conclude(asked, permits)
    })
  }

  /** Calls `done` at once when the store answers at once. */
  handle(request: FastifyRequest, done: (error?: Error) => void): void {
    const { consumer } = request.gateway
    const questions = this.#settings.policies.map((policy) => ({ rule: ruleFor(policy, consumer), key: policy.keyOf(request) }))
    this.#decider.decide({ request, questions }, done)
  }

  #conclude({ request, questions }: Asked, permits: PermitAnswer): GatewayError | undefined {
    // Also the places of a client that went while Redis was asked: this runs at once then.
    request.gateway.onComplete(() => {
      permits.release()
    })
    const { counters, isDryRun, policies } = this.#settings
    const refused = countVerdicts(counters, permits.verdicts)
    if (refused === -1 || isDryRun) return undefined
    return gatewayError('SP_RATE_LIMITED', {
      detail: `The limit "${policies[refused]?.name}" of ${questions[refused]?.rule.limit} requests at once is used up.`,
      headers: { 'retry-after': RETRY_SECONDS }
    })
  }
}
