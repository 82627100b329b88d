import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  definePlugin,
  durationMs,
  gatewayError,
  type BoundCounter,
  type ConsumerEntry,
  type GatewayError,
  type PluginDeps
} from '../../src/plugin-api/index.ts'
import { Accounts } from './accounts.ts'
import { findCredentials } from './find-credentials.ts'
import { PasswordVerifier, type Verdict } from './password-verifier.ts'
import { REASONS, type Reason } from './reasons.ts'
import { schema } from './schema.ts'

export default definePlugin({
  name: 'basic-auth',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  register(app, config, deps) {
    const accounts = accountsFor(deps)
    const verifier = deps.state(
      'verifier',
      () => new PasswordVerifier(),
      (old) => old.close()
    )
    const refuse = createRefusal(config.realm, deps)
    const maxAgeMs = durationMs(config.cache)
    const { authentication, clock } = deps

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      const found = findCredentials(request.raw.rawHeaders)
      // A field of another scheme is not ours to take away.
      if (config.hideCredentials && found !== 'missing') request.gateway.removeRequestHeader('authorization')
      if (authentication.isDecided(request)) return done()
      if (typeof found === 'string') return done(refuse(request, found))
      const account = accounts.find(found.username)
      const conclude = (verdict: Verdict): void => {
        if (verdict !== 'right') return done(refuse(request, verdict))
        authentication.accept(request, account.consumer)
        done()
      }
      const verdict = verifier.verify(account, found, clock.now(), maxAgeMs)
      if (typeof verdict === 'string') conclude(verdict)
      else verdict.then(conclude, done)
    })
  }
})

/** One list for all routes of a configuration: it is built for the consumers that the configuration has. */
function accountsFor(deps: PluginDeps): Accounts {
  const { consumers, log } = deps
  const lists = deps.state('accounts', () => new WeakMap<readonly ConsumerEntry[], Accounts>())
  const known = lists.get(consumers)
  if (known !== undefined) return known
  const accounts = new Accounts(consumers)
  if (accounts.size === 0) log.warn({ consumers: consumers.length }, 'no consumer has a user name: basic-auth will refuse every request')
  if (accounts.plainCount > 0) log.warn({ passwords: accounts.plainCount }, 'passwords stand in the document as they are; use their scrypt hashes')
  lists.set(consumers, accounts)
  return accounts
}

/** The same words for unknown users, wrong passwords and what cannot be read. */
function createRefusal(
  realm: string,
  { authentication, metrics }: PluginDeps
): (request: FastifyRequest, reason: Reason) => GatewayError | undefined {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'basic-auth', reason })])
  ) as Record<Reason, BoundCounter>
  const headers = { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` }
  return (request, reason) => {
    counters[reason].inc()
    return authentication.refuse(request, reason === 'missing' ? 'missing' : 'invalid', errorOf(reason, headers)) ?? undefined
  }
}

function errorOf(reason: Reason, headers: Readonly<Record<string, string>>): GatewayError {
  if (reason === 'overloaded') {
    return gatewayError('SP_OVERLOADED', { detail: 'Too many passwords are being verified.', headers: { 'retry-after': '1' } })
  }
  const detail = reason === 'missing' ? 'A user name and a password are required.' : 'The user name or the password is not valid.'
  return gatewayError('SP_UNAUTHENTICATED', { detail, headers })
}
