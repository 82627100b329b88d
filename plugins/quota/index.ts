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
  shared: true,
  schema,
  check: checkConfig,
  describe: describeConfig,

  async register(app, config, deps) {
    await limitRequests(app, deps, {
      ...config,
      policiesOf: (route) => policiesOf(config, route),
      counters: COUNTERS,
      isAllowed: null,
      fields: { legacy: false }
    })
    const limits = chooseStore(config, deps.limits)
    const store = limits === deps.limits.memory ? 'memory' : 'redis'
    const { consumers } = deps
    await deps.perRoute(({ name }) => {
      for (const policy of policiesOf(config, name))
        deps.reportUsage(reportOf(policy, { route: name, store, limits, dryRun: config.dryRun, consumers }))
    })
  }
})
