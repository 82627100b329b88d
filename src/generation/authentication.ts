import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuthenticationPlan } from '../config/plan.ts'
import type { Authentication, Consumer, GatewayError } from '../plugin-api/index.ts'
import { gatewayError } from '../plugin-api/index.ts'
import type { Exchange } from '../proxy/exchange.ts'
import { exchangeOf } from './exchange-slot.ts'

/** Every plugin must let the request in: the first that does not ends it. */
const ALL: Authentication = {
  isDecided: () => false,
  accept: enter,
  refuse: (_request, _reason, error) => error
}

/** Refusals are gathered; the guard at the end of the phase has the last word. */
const GATHERED: Authentication = {
  isDecided: () => false,
  accept(request, consumer, claims) {
    verdictOf(request).accepted = true
    enter(request, consumer, claims)
  },
  refuse(request, reason, error) {
    verdictOf(request).refusals.push({ reason, error })
    return null
  }
}

const ANY: Authentication = { ...GATHERED, isDecided: (request) => verdictOf(request).accepted }

/** What the plugins of one route call. */
export function authenticationOf({ require, anonymous }: AuthenticationPlan): Authentication {
  if (require === 'any') return ANY
  return anonymous === null ? ALL : GATHERED
}

/** Adds the hook that decides when all authentication plugins of a route have had their say; none where the first refusal ends the request. */
export function addGuard(app: FastifyInstance, { require, anonymous }: AuthenticationPlan, guest: Consumer | null): void {
  if (require === 'all' && anonymous === null) return
  app.addHook('onRequest', (request, _reply, done: (error?: GatewayError) => void) => {
    const { accepted, refusals } = verdictOf(request)
    if (require === 'any' && accepted) return done()
    const [first, ...others] = refusals
    if (first === undefined) return done()
    // Only who brought nothing at all is a guest.
    if (guest !== null && !accepted && refusals.every(({ reason }) => reason === 'missing')) {
      request.gateway.consumer = guest
      return done()
    }
    done(together([first, ...others]))
  })
}

interface Refusal {
  readonly reason: 'missing' | 'invalid'
  readonly error: GatewayError
}

/** The error of wrong credentials goes before that of missing ones; a 401 names every way to get in (RFC 9110 section 11.6.1). */
function together(refusals: readonly [Refusal, ...Refusal[]]): GatewayError {
  const chosen = (refusals.find(({ reason }) => reason === 'invalid') ?? refusals[0]).error
  if (chosen.code !== 'SP_UNAUTHENTICATED') return chosen
  const challenges = refusals.flatMap(({ error }) => error.headers?.['www-authenticate'] ?? [])
  const headers = challenges.length === 0 ? {} : { 'www-authenticate': [...new Set(challenges)].join(', ') }
  return gatewayError(chosen.code, {
    ...(chosen.detail === undefined ? {} : { detail: chosen.detail }),
    headers: { ...chosen.headers, ...headers },
    cause: chosen.cause
  })
}

function verdictOf(request: FastifyRequest): NonNullable<Exchange['authentication']> {
  const exchange = exchangeOf(request.raw)
  return (exchange.authentication ??= { accepted: false, refusals: [] })
}

function enter(request: FastifyRequest, consumer: Consumer | null, claims: Readonly<Record<string, unknown>> | null = null): void {
  const { gateway } = request
  if (consumer !== null) gateway.consumer = consumer
  if (claims !== null) gateway.claims = claims
}
