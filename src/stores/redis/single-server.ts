import type { Redis } from 'ioredis'
import type { StoreUnavailable } from '../../plugin-api/limits/store.ts'
import { AnswerErrors } from './answer-errors.ts'
import type { ScriptCall } from './encoding.ts'
import { connectionFault } from './failure.ts'
import type { ScriptServers } from './limit-store.ts'
import { Presence } from './presence.ts'
import { ServerLink } from './server-link.ts'
import type { ServersOptions } from './servers.ts'

/** Before a connection that ioredis gave up is made anew. */
const REVIVAL_MS = 50

/** One Redis, or the one that the sentinels call the primary. */
export class SingleServer implements ScriptServers {
  readonly slotOf = null
  readonly #presence: Presence
  readonly #link: ServerLink
  #isClosed = false
  #cancelRevival = (): void => {}

  constructor(redis: Redis, { script, clock, timeoutMs, cooldownMs, onChange, onErrors }: ServersOptions) {
    const presence = new Presence(
      { clock, cooldownMs, ping: () => redis.ping(), onChange: (change) => onChange({ server: 'redis', ...change }) },
      false
    )
    this.#presence = presence
    this.#link = new ServerLink({
      script,
      clock,
      timeoutMs,
      presence,
      errors: new AnswerErrors({ clock, onChange: (change) => onErrors({ server: 'redis', ...change }) }),
      connection: () => (redis.status === 'ready' ? redis : null),
      resend: ({ script: own = script, keys, args }) => redis.eval(own.source, keys.length, ...keys, ...args)
    })
    let fault = 'closed'
    redis.on('error', (error: unknown) => {
      fault = connectionFault(error)
      // Sentinels that cannot be reached are asked again and again without a connection that could be closed.
      if (redis.status !== 'ready') presence.disconnected(fault)
    })
    redis.on('close', () => {
      presence.disconnected(fault)
      fault = 'closed'
    })
    redis.on('ready', () => presence.up())
    // ioredis takes a failover that sentinels announce while they are asked for the primary for a wish to end the connection.
    redis.on('end', () => {
      if (this.#isClosed) return
      this.#cancelRevival = clock.after(REVIVAL_MS, () => {
        redis.connect().catch(() => {})
      })
    })
  }

  refusalFor(): StoreUnavailable | null {
    return this.#presence.refusal
  }

  run(call: ScriptCall): Promise<unknown> {
    return this.#link.run(call)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRevival()
    // What was given back in this turn is worth knowing for the others.
    this.#link.flush()
    this.#presence.close()
    if (this.#presence.refusal !== null) this.#link.abandon(this.#presence.refusal)
  }
}
