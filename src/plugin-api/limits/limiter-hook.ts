import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PluginDeps } from '../types.ts'
import type { FieldOptions } from './answer-fields.ts'
import { createCallerKey } from './caller-key.ts'
import { CostLedger } from './cost-ledger.ts'
import { Limiter } from './limiter.ts'
import type { LimitPolicy } from './policy.ts'
import { bindCounters, type CounterNames } from './policy-counters.ts'

/** Where is counted, and what is done while that is away. */
export interface StoreChoice {
  readonly store?: 'memory' | 'redis'
  /** Default `local`. */
  readonly onStoreError?: 'allow' | 'deny' | 'local'
}

export interface LimiterHookSettings extends StoreChoice {
  /** The limits of a route that the plugin is registered for, by its name. */
  readonly policiesOf: (route: string) => readonly LimitPolicy[]
  readonly dryRun: boolean
  readonly counters: CounterNames
  /** Null: nobody is let off. */
  readonly isAllowed: ((request: FastifyRequest) => boolean) | null
  readonly fields: FieldOptions
}

/** @throws TypeError for a configuration that was not checked */
export function chooseStore<S>({ store }: StoreChoice, { memory, redis }: { readonly memory: S; readonly redis: S | null }): S {
  if (store === 'redis' && redis === null) throw new TypeError('`store: redis` needs the top-level `redis`')
  return store === 'memory' ? memory : (redis ?? memory)
}

/** Asks for every request of each route, and charges what answers cost. All policies of a route are one question. */
export async function limitRequests(app: FastifyInstance, deps: PluginDeps, settings: LimiterHookSettings): Promise<void> {
  let learnsCosts = false
  const limitsOf = await deps.perRoute(({ name }) => {
    const limits = createLimits(name, deps, settings)
    learnsCosts ||= limits.ledger !== null
    return limits
  })
  app.addHook('onRequest', (request, reply, done) => {
    limitsOf(request).limiter.handle(request, reply, done)
  })
  if (!learnsCosts) return
  deps.onResponseHead((request, head) => {
    limitsOf(request).ledger?.settle(request, head)
  })
}

function createLimits(route: string, deps: PluginDeps, settings: LimiterHookSettings) {
  const { memory } = deps.limits
  const { dryRun: isDryRun, onStoreError = 'local', isAllowed, fields } = settings
  const store = chooseStore(settings, deps.limits)
  const policies = settings.policiesOf(route).map((policy) => ({ ...policy, keyOf: createCallerKey(policy.by) }))
  const counters = policies.map(({ name }) => bindCounters(deps.metrics, settings.counters, name, store !== memory, isDryRun))
  const fallback = onStoreError === 'local' ? memory : null
  const learnsCosts = policies.some(({ costField }) => costField !== null)
  const ledger = learnsCosts ? new CostLedger({ policies, counters, fallback, log: deps.log }) : null
  return { ledger, limiter: new Limiter({ policies, store, onStoreError, memory, isDryRun, isAllowed, counters, ledger, fields }) }
}
