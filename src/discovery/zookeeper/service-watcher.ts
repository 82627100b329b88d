import type { ZookeeperQuery } from '../../config/plan-discovery.ts'
import type { Observer, ProviderDeps, Source } from '../types.ts'
import type { Follower, ZookeeperClient } from './client.ts'
import type { Connection } from './connection.ts'
import { parseNodes } from './parse.ts'
import { type Nodes, ServiceReader } from './service-reader.ts'

/** Follows one service; what it reads lives as long as the connection that its watches are set on. */
export class ServiceWatcher implements Source, Follower {
  readonly #query: ZookeeperQuery
  readonly #path: string
  readonly #observer: Observer
  readonly #client: ZookeeperClient
  readonly #deps: ProviderDeps
  #reader: ServiceReader | null = null
  /** Services' ephemeral nodes may have gone with their sessions, as ours has. */
  #isRefilling = false
  #isStopped = false

  constructor(
    query: ZookeeperQuery,
    observer: Observer,
    shared: { readonly basePath: string; readonly client: ZookeeperClient; readonly deps: ProviderDeps }
  ) {
    this.#query = query
    this.#path = `${shared.basePath.replace(/\/$/, '')}/${query.service}`
    this.#observer = observer
    this.#client = shared.client
    this.#deps = shared.deps
    this.#client.follow(this)
  }

  refresh(): void {
    this.#reader?.refresh()
  }

  stop(): void {
    this.#isStopped = true
    this.#client.unfollow(this)
    this.#reader?.stop()
    this.#reader = null
  }

  onConnected(connection: Connection, isReplaced: boolean): void {
    if (this.#isStopped) return
    if (isReplaced) this.#isRefilling = true
    this.#reader?.stop()
    this.#reader = new ServiceReader({
      connection,
      path: this.#path,
      ...this.#deps,
      onNodes: (nodes) => this.#tell(nodes),
      onFailure: (error) => this.#observer.onFailure(error)
    })
  }

  onEvent(path: string): void {
    this.#reader?.onEvent(path)
  }

  onLost(error: Error): void {
    if (this.#isStopped) return
    this.#reader?.stop()
    this.#reader = null
    this.#observer.onFailure(error)
  }

  #tell(nodes: Nodes): void {
    const answer = parseNodes(nodes, this.#query)
    const isRefilling = this.#isRefilling
    this.#isRefilling = false
    this.#observer.onAnswer(isRefilling ? { ...answer, refilling: true } : answer)
  }
}
