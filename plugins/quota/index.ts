import { chooseStore, definePlugin, limitRequests } from '../../src/plugin-api/index.ts'
import { checkConfig } from './check-config.ts'
import { describeConfig } from './describe.ts'
import { policiesOf } from './policies.ts'
import { schema } from './schema.ts'
import { reportOf } from './usage.ts'

const COUNTERS = { prefix: 'quota', plural: 'quotas' }

export default definePlugin({
  name: 'quota',
  phase: 'limit',
  // What another limit refuses must not be spent.
  order: 2,
  scopes: ['global', 'upstream', 'route'],
  schema,
  check: checkConfig,
  describe: describeConfig,

  register(app, config, deps) {
    const policies = policiesOf(config, deps.route.name)
    limitRequests(app, deps, { ...config, policies, counters: COUNTERS, isAllowed: null, fields: { legacy: false } })
    const limits = chooseStore(config, deps.limits)
    const store = limits === deps.limits.memory ? 'memory' : 'redis'
    const { route, consumers } = deps
    for (const policy of policies) deps.reportUsage(reportOf(policy, { route: route.name, store, limits, dryRun: config.dryRun, consumers }))
  }
})
