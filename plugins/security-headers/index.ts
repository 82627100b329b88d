import type { FastifyRequest } from 'fastify'
import { definePlugin } from '../../src/plugin-api/index.ts'
import { FIELDS, schema, settingsIssues, type SecurityHeadersConfig } from './schema.ts'

export default definePlugin({
  name: 'security-headers',
  phase: 'respond',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  check: settingsIssues,

  register(_app, config, deps) {
    const { override } = config
    const fields = fieldsOf(config)

    deps.onResponseHead((request, head) => {
      for (const { name, value } of fields) {
        // RFC 6797 section 7.2: not over http, where anybody on the way could have written it.
        if (name === FIELDS.strictTransportSecurity && !isSecure(request)) continue
        if (override || head.get(name) === undefined) head.set(name, value)
      }
    })
  }
})

interface Field {
  readonly name: string
  readonly value: string
}

function fieldsOf(config: SecurityHeadersConfig): readonly Field[] {
  return Object.entries(FIELDS).flatMap(([key, name]) => {
    const value = config[key as keyof typeof FIELDS]
    return value === false ? [] : [{ name, value }]
  })
}

function isSecure(request: FastifyRequest): boolean {
  // `protocol` knows what a trusted proxy in front of the gateway says, where TLS ends there.
  return request.gateway.scheme === 'https' || request.protocol === 'https'
}
