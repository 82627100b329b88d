import { definePlugin, gatewayError, type CheckIssue } from '../../src/plugin-api/index.ts'
import { createIpFilter, parseBlock } from './cidr.ts'
import { schema } from './schema.ts'

export default definePlugin({
  name: 'ip-filter',
  phase: 'edge',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  check(config) {
    const issues: CheckIssue[] = []
    for (const key of ['allow', 'deny'] as const) {
      for (const [index, text] of config[key].entries()) {
        if (parseBlock(text) !== null) continue
        issues.push({
          severity: 'error',
          path: [key, index],
          message: `${text} is neither an IP address nor a CIDR block`,
          hint: 'write 10.0.0.0/8 or 2001:db8::/32'
        })
      }
    }
    if (config.allow.length + config.deny.length === 0) {
      issues.push({ severity: 'warning', path: [], message: 'neither allow nor deny is given: everybody passes' })
    }
    return issues
  },

  async register(app, config, deps) {
    const filter = createIpFilter(config.allow, config.deny)
    const refused = await deps.perRoute(({ name }) =>
      deps.metrics.counter('ip_filter_refused_total', 'Requests refused by their address.', { route: name })
    )

    app.addHook('onRequest', (request, _reply, done) => {
      if (filter.decide(request.gateway.clientIp) === 'allowed') return done()
      refused(request).inc()
      // Without the address or the rule: the answer must not help to find the way around it.
      done(gatewayError('SP_FORBIDDEN', { detail: 'Requests from this address are not allowed.' }))
    })
  }
})
