import { Type, definePlugin, gatewayError } from 'sallyport/plugin'
import { chooseVersion } from './choose-version.ts'

/** Chooses an API version by the client's field and tells it to the upstream and, when it is outdated, to the client. */
export default definePlugin({
  name: 'api-version',
  phase: 'transform',
  scopes: ['global', 'upstream', 'route'],
  schema: Type.Object(
    {
      header: Type.String({ description: 'Field in which the client asks for a version.', default: 'api-version' }),
      supported: Type.Array(Type.Integer({ minimum: 1 }), { description: 'Versions that the upstream speaks.', minItems: 1 }),
      deprecated: Type.Array(Type.Integer({ minimum: 1 }), { description: 'Supported ones that will go.', default: [] })
    },
    { additionalProperties: false }
  ),

  check(config) {
    return config.deprecated.flatMap((version, index) =>
      config.supported.includes(version)
        ? []
        : [
            {
              severity: 'error' as const,
              path: ['deprecated', index],
              message: `version ${version} is not supported`,
              hint: 'add it to supported'
            }
          ]
    )
  },

  register(app, config, deps) {
    const header = config.header.toLowerCase()
    const refused = deps.metrics.counter('api_version_refused_total', 'Requests for an unsupported version.', { route: deps.route.name })

    app.addHook('onRequest', (request, reply, done) => {
      const version = chooseVersion(request.headers[header], config.supported)
      if (version === null) {
        refused.inc()
        return done(gatewayError('SP_BAD_REQUEST', { detail: `Supported versions: ${config.supported.join(', ')}.` }))
      }
      request.gateway.setRequestHeader(header, String(version))
      if (config.deprecated.includes(version)) reply.header('deprecation', '@0')
      done()
    })
  }
})
