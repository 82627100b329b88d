import type { Cluster, Redis } from 'ioredis'
import { StoreUnavailable } from '../../plugin-api/limits/store.ts'
import { AnswerErrors } from './answer-errors.ts'
import type { ScriptCall } from './encoding.ts'
import { connectionFault } from './failure.ts'
import { hashSlot } from './hash-slot.ts'
import type { ScriptServers } from './limit-store.ts'
import { Presence } from './presence.ts'
import { ServerLink } from './server-link.ts'
import type { ServersOptions } from './servers.ts'

interface Node {
  readonly presence: Presence
  readonly link: ServerLink
}

/** The primaries of a Redis Cluster, each with a presence of its own: a frozen node takes only its own slots out. */
export class ClusterServers implements ScriptServers {
  readonly slotOf = hashSlot
  readonly #cluster: Cluster
  readonly #options: ServersOptions
  /** Of the cluster as a whole: whether its slots are known. */
  readonly #presence: Presence
  readonly #nodes = new Map<string, Node>()

  constructor(cluster: Cluster, options: ServersOptions) {
    const { clock, cooldownMs, onChange } = options
    this.#cluster = cluster
    this.#options = options
    // It is never pinged as a whole.
    const presence = new Presence(
      { clock, cooldownMs, ping: () => cluster.ping(), onChange: (change) => onChange({ server: 'redis', ...change }) },
      false
    )
    this.#presence = presence
    let fault = 'closed'
    cluster.on('error', (error: unknown) => {
      fault = connectionFault(error)
    })
    cluster.on('node error', (error: unknown) => {
      fault = connectionFault(error)
    })
    cluster.on('close', () => presence.disconnected(fault))
    cluster.on('ready', () => presence.up())
  }

  refusalFor(key: string): StoreUnavailable | null {
    return this.#presence.refusal ?? this.#nodes.get(this.#ownerOf(key) ?? '')?.presence.refusal ?? null
  }

  run(call: ScriptCall): Promise<unknown> {
    const { refusal } = this.#presence
    if (refusal !== null) return Promise.reject(refusal)
    const name = this.#ownerOf(call.keys[0] ?? '')
    if (name === undefined) return Promise.reject(new StoreUnavailable('disconnected', 'no node of the Redis cluster has this slot'))
    return (this.#nodes.get(name) ?? this.#add(name)).link.run(call)
  }

  close(): void {
    // What was given back in this turn is worth knowing for the others.
    for (const { link } of this.#nodes.values()) link.flush()
    this.#presence.close()
    const { refusal } = this.#presence
    for (const { presence, link } of this.#nodes.values()) {
      presence.close()
      if (refusal !== null) link.abandon(refusal)
    }
    this.#nodes.clear()
  }

  #ownerOf(key: string): string | undefined {
    return this.#cluster.slots[hashSlot(key)]?.[0]
  }

  #add(name: string): Node {
    const { script, clock, timeoutMs, cooldownMs, onChange, onErrors } = this.#options
    const ping = async (): Promise<unknown> => {
      if (!this.#cluster.slots.some((names) => names[0] === name)) this.#forget(name)
      const redis = this.#connection(name)
      if (redis === null) throw new StoreUnavailable('disconnected', 'there is no connection to this node')
      return redis.ping()
    }
    const presence = new Presence({ clock, cooldownMs, ping, onChange: (change) => onChange({ server: name, ...change }) }, true)
    const link = new ServerLink({
      script,
      clock,
      timeoutMs,
      presence,
      errors: new AnswerErrors({ clock, onChange: (change) => onErrors({ server: name, ...change }) }),
      connection: () => this.#connection(name),
      resend: ({ script: own = script, keys, args }) => this.#cluster.eval(own.source, keys.length, ...keys, ...args)
    })
    const node = { presence, link }
    this.#nodes.set(name, node)
    return node
  }

  /** A node that has no slots any more is not waited for. */
  #forget(name: string): void {
    this.#nodes.get(name)?.presence.close()
    this.#nodes.delete(name)
  }

  #connection(name: string): Redis | null {
    for (const redis of this.#cluster.nodes('master')) {
      if (`${redis.options.host}:${redis.options.port}` === name && redis.status !== 'end' && redis.status !== 'close') return redis
    }
    return null
  }
}
