import { chooseStore, definePlugin, limitRequests } from '../../src/plugin-api/index.ts'
import { createAllowList } from './allow-list.ts'
import { checkConfig } from './check-config.ts'
import { describeConfig } from './describe.ts'
import { offerFastifyLimiter } from './fastify-limiter.ts'
import { policiesOf } from './policies.ts'
import { schema } from './schema.ts'

const COUNTERS = { prefix: 'rate_limit', plural: 'rate limits' }

export default definePlugin({
  name: 'rate-limit',
  phase: 'limit',
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
      isAllowed: createAllowList(config.allow ?? []),
      fields: { legacy: config.legacyHeaders }
    })
    // Its windows are a route's own, and who shares routes does not ask for it.
    if (!deps.isShared) await offerFastifyLimiter(app, chooseStore(config, deps.limits), deps.route.name)
  }
})
