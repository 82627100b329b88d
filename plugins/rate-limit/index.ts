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
  schema,
  check: checkConfig,
  describe: describeConfig,

  async register(app, config, deps) {
    limitRequests(app, deps, {
      ...config,
      policies: policiesOf(config, deps.route.name),
      counters: COUNTERS,
      isAllowed: createAllowList(config.allow ?? []),
      fields: { legacy: config.legacyHeaders }
    })
    await offerFastifyLimiter(app, chooseStore(config, deps.limits), deps.route.name)
  }
})
