import type { FastifyReply, FastifyRequest } from 'fastify'
import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import { faultLimits, type FaultSettings, findFaultConflict, noFaults } from './fault-settings.ts'
import { Problem } from './problem.ts'
import type { ServiceApp } from './type-provider.ts'

export const faultsPath = '/_faults'

const TimeMs = Type.Optional(Type.Integer({ minimum: 0, maximum: faultLimits.latencyMs }))
const Rate = Type.Optional(Type.Number({ minimum: 0, maximum: 1 }))

const FaultBody = Type.Object(
  {
    latencyMs: TimeMs,
    jitterMs: TimeMs,
    errorRate: Rate,
    errorStatus: Type.Optional(Type.Integer({ minimum: faultLimits.minStatus, maximum: faultLimits.maxStatus })),
    retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: faultLimits.retryAfterSeconds })),
    resetRate: Rate,
    hangRate: Rate,
    health: Type.Optional(Type.Boolean()),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: faultLimits.seed }))
  },
  { additionalProperties: false }
)

/** Shows and changes the faults of a running service. `faults.settings` is replaced whole, never in part. */
export function registerFaultEndpoint(app: ServiceApp, faults: { settings: FaultSettings }, token: string): void {
  // Before the body is read: who may not change faults is not told what is wrong with them.
  const onRequest = requireBearer(token)
  const change = (request: FastifyRequest, settings: FaultSettings): FaultSettings => {
    faults.settings = settings
    request.log.warn({ faults: settings }, 'faults were changed')
    return settings
  }
  app.get(faultsPath, { onRequest }, async () => faults.settings)
  app.put(faultsPath, { onRequest, schema: { body: FaultBody } }, async (request) => {
    const settings = { ...noFaults, ...request.body }
    refuseConflict(settings)
    return change(request, settings)
  })
  app.delete(faultsPath, { onRequest }, async (request) => change(request, noFaults))
}

function refuseConflict(settings: FaultSettings): void {
  const conflict = findFaultConflict(settings)
  if (conflict === null) return
  const error =
    conflict === 'jitter above latency'
      ? { in: 'body', path: '/jitterMs', message: 'must not be more than latencyMs' }
      : { in: 'body', path: '/errorRate', message: 'must not be more than 1 together with hangRate and resetRate' }
  throw new Problem(400, 'invalid-request', 'The body is not valid', { errors: [error] })
}

function requireBearer(token: string): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const expected = digest(token)
  return async ({ headers }, reply) => {
    const [, given] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return
    reply.header('www-authenticate', 'Bearer')
    throw new Problem(401, 'unauthorized', 'The faults can be changed only with their token')
  }
}

/** Of one length whatever is given, as a comparison in constant time needs it. */
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest()
}
