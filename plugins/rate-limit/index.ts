import { createCallerKey, definePlugin } from '../../src/plugin-api/index.ts'
import { createAllowList } from './allow-list.ts'
import { checkConfig } from './check-config.ts'
import { CostLedger } from './cost-ledger.ts'
import { describeConfig } from './describe.ts'
import { offerFastifyLimiter } from './fastify-limiter.ts'
import { Limiter } from './limiter.ts'
import { policiesOf } from './policies.ts'
import { bindCounters } from './policy-counters.ts'
import { schema } from './schema.ts'

export default definePlugin({
  name: 'rate-limit',
  phase: 'limit',
  scopes: ['global', 'upstream', 'route'],
  schema,
  check: checkConfig,
  describe: describeConfig,

  async register(app, config, deps) {
    const { memory, redis } = deps.limits
    const store = config.store === 'memory' ? memory : (redis ?? memory)
    if (config.store === 'redis' && redis === null) throw new TypeError('`store: redis` needs the top-level `redis`')
    const isDryRun = config.dryRun
    const onStoreError = config.onStoreError ?? 'local'
    const policies = policiesOf(config, deps.route.name).map((policy) => ({ ...policy, keyOf: createCallerKey(policy.by) }))
    const counters = policies.map(({ name }) => bindCounters(deps.metrics, name, store !== memory, isDryRun))
    const fallback = onStoreError === 'local' ? memory : null
    const learnsCosts = policies.some(({ costField }) => costField !== null)
    const ledger = learnsCosts ? new CostLedger({ policies, counters, fallback, log: deps.log }) : null
    const isAllowed = createAllowList(config.allow ?? [])
    const fields = { legacy: config.legacyHeaders }
    const limiter = new Limiter({ policies, store, onStoreError, memory, isDryRun, isAllowed, counters, ledger, fields })

    app.addHook('onRequest', (request, reply, done) => {
      limiter.handle(request, reply, done)
    })
    if (ledger !== null) {
      deps.onResponseHead((request, head) => {
        ledger.settle(request, head)
      })
    }
    await offerFastifyLimiter(app, store, deps.route.name)
  }
})
