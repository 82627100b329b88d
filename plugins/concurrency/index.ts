import { bindCounters, chooseStore, createCallerKey, definePlugin } from '../../src/plugin-api/index.ts'
import { checkConfig } from './check-config.ts'
import { describeConfig } from './describe.ts'
import { Gate } from './gate.ts'
import { policiesOf } from './policies.ts'
import { schema } from './schema.ts'

const COUNTERS = { prefix: 'concurrency', plural: 'limits of requests in flight' }

export default definePlugin({
  name: 'concurrency',
  phase: 'limit',
  // What a rate limit refuses must not hold a place meanwhile; what is refused here must not be spent of a quota.
  order: 1,
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  check: checkConfig,
  describe: describeConfig,

  async register(app, config, deps) {
    const { permits } = deps.limits
    const { memory } = permits
    const { dryRun: isDryRun, onStoreError = 'local' } = config
    const store = chooseStore(config, permits)
    const gateOf = await deps.perRoute((route) => {
      const policies = policiesOf(config, route.name).map((policy) => ({ ...policy, keyOf: createCallerKey(policy.by) }))
      const counters = policies.map(({ name }) => bindCounters(deps.metrics, COUNTERS, name, store !== memory, isDryRun))
      return new Gate({ policies, store, onStoreError, memory, isDryRun, counters })
    })

    app.addHook('onRequest', (request, _reply, done) => {
      gateOf(request).handle(request, done)
    })
  }
})
