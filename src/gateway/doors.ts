import type { ListenerPlan, Plan } from '../config/plan.ts'
import { type Listener, type ListenerServices, openListener } from '../http/listener.ts'

export interface DoorsOptions {
  /** Whether other sockets may listen on the same addresses, as those of other workers do. */
  readonly reusePort: boolean
  readonly services: ListenerServices
  readonly onOpen: (listener: Listener) => void
}

/** What others already listen on, by name of the listener: `:0` is one port for all of them. */
export type KnownPorts = Readonly<Record<string, number>>

/** The listeners of a gateway: those of its document, and those that a reload took out of it and that still have requests. */
export class Doors {
  readonly #options: DoorsOptions
  readonly #open = new Map<string, Listener>()
  readonly #leaving = new Set<Listener>()

  constructor(options: DoorsOptions) {
    this.#options = options
  }

  /** Those of the document. */
  get open(): readonly Listener[] {
    return [...this.#open.values()]
  }

  get all(): readonly Listener[] {
    return [...this.#open.values(), ...this.#leaving]
  }

  get ports(): KnownPorts {
    return Object.fromEntries([...this.#open].map(([name, { port }]) => [name, port]))
  }

  /** @throws Error for an unknown name */
  port(name: string): number {
    const found = this.#open.get(name)
    if (found === undefined) throw new Error(`no listener ${name}`)
    return found.port
  }

  /**
   * Opens those of the plan that are not open yet.
   * @returns the names of those it opened
   * @throws the system's error when an address is taken; those that it had opened are closed again.
   */
  async add(plan: Plan, ports: KnownPorts): Promise<readonly string[]> {
    const opened: string[] = []
    try {
      for (const listener of plan.listeners) {
        if (this.#open.has(listener.name)) continue
        await this.#add(plan, listener, ports[listener.name] ?? listener.port)
        opened.push(listener.name)
      }
      return opened
    } catch (error) {
      await this.close(opened)
      throw error
    }
  }

  /** Limits of connections that are opened from now on; listeners that the plan has no more take none. */
  configure(plan: Plan): void {
    for (const { name, tls, http2 } of plan.listeners) this.#open.get(name)?.configure({ ...plan, tls, http2 })
    const kept = new Set(plan.listeners.map(({ name }) => name))
    void this.close([...this.#open.keys()].filter((name) => !kept.has(name)))
  }

  /** Resolves when their last connections are gone. */
  async close(names: readonly string[] = [...this.#open.keys()]): Promise<void> {
    await Promise.all(names.map((name) => this.#close(name)))
  }

  async #add(plan: Plan, listener: ListenerPlan, port: number): Promise<void> {
    const { services, reusePort, onOpen } = this.#options
    const address = { host: listener.host, port, reusePort }
    const opened = await openListener(listener.name, address, { ...plan, tls: listener.tls, http2: listener.http2 }, services)
    this.#open.set(listener.name, opened)
    onOpen(opened)
  }

  async #close(name: string): Promise<void> {
    const listener = this.#open.get(name)
    if (listener === undefined) return
    this.#open.delete(name)
    this.#leaving.add(listener)
    await listener.close()
    this.#leaving.delete(listener)
  }
}

/** What of a listener cannot change while it listens; null when it is as before, or new. */
export function switchOf(before: readonly ListenerPlan[], { name, tls, http2 }: ListenerPlan): string | null {
  const old = before.find((one) => one.name === name)
  if (old === undefined) return null
  if ((old.tls === null) !== (tls === null)) return `the listener ${name} changes between plain and TLS, which needs a restart`
  return old.http2 === http2 ? null : `the listener ${name} turns HTTP/2 ${http2 ? 'on' : 'off'}, which needs a restart`
}
