import type { Clock, Random } from '../../plugin-api/index.ts'
import { backoffMs } from '../backoff.ts'
import type { Connection } from './connection.ts'
import { ZookeeperError } from './protocol.ts'
import { exists, getChildren, getData } from './reads.ts'

/** What a service's nodes hold, by name; an Error where one cannot be read. */
export type Nodes = ReadonlyMap<string, string | Error>

/** ZooKeeper's default for the size of a node. */
const MAX_NODE_BYTES = 1024 * 1024

export interface ReaderOptions {
  readonly connection: Connection
  /** Of the node that has the instances as its children. */
  readonly path: string
  readonly clock: Clock
  readonly random: Random
  readonly onNodes: (nodes: Nodes) => void
  readonly onFailure: (error: Error) => void
}

/**
 * Reads a service's nodes over one connection and again what watches say has changed. A watch fires once, and the read after it sets the next
 * (zookeeper.apache.org, "ZooKeeper Programmer's Guide", "ZooKeeper Watches").
 */
export class ServiceReader {
  readonly #options: ReaderOptions
  readonly #nodes = new Map<string, string | Error>()
  #children: readonly string[] = []
  #isListStale = true
  /** Names of children that changed since they were last asked for, also while an answer is on its way. */
  #stale = new Set<string>()
  #isBusy = false
  #isStopped = false
  #failures = 0
  #cancelRetry: (() => void) | null = null

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#wake()
  }

  onEvent(path: string): void {
    const own = this.#options.path
    if (path === own) this.#isListStale = true
    else if (path.startsWith(`${own}/`)) this.#stale.add(path.slice(own.length + 1))
    else return
    this.#wake()
  }

  /** Reads everything again. */
  refresh(): void {
    this.#forget()
    this.#wake()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelRetry?.()
  }

  #forget(): void {
    this.#isListStale = true
    this.#stale = new Set(this.#children)
  }

  #wake(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = null
    if (!this.#isBusy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    try {
      while (!this.#isStopped && (this.#isListStale || this.#stale.size > 0)) {
        await this.#readStale()
        if (!this.#isStopped) this.#options.onNodes(this.#nodes)
        this.#failures = 0
      }
    } catch (error) {
      if (!this.#isStopped) this.#fail(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#isBusy = false
    }
  }

  async #readStale(): Promise<void> {
    if (this.#isListStale) {
      this.#isListStale = false
      this.#children = await this.#list()
    }
    const listed = new Set(this.#children)
    for (const name of this.#nodes.keys()) if (!listed.has(name)) this.#nodes.delete(name)
    const unread = this.#children.filter((name) => this.#stale.has(name) || this.#isUnread(name))
    this.#stale = new Set()
    await Promise.all(unread.map((name) => this.#read(name)))
  }

  async #list(): Promise<readonly string[]> {
    const { connection, path } = this.#options
    for (;;) {
      const children = await getChildren(connection, path)
      if (children !== null) return children
      // It may have come between the two.
      if (!(await exists(connection, path))) return []
    }
  }

  /** A node that is refused is not watched either. */
  #isUnread(name: string): boolean {
    const node = this.#nodes.get(name)
    return node === undefined || node instanceof ZookeeperError
  }

  async #read(name: string): Promise<void> {
    const { connection, path } = this.#options
    try {
      const data = await getData(connection, `${path}/${name}`)
      // It has gone since it was listed.
      if (data === null) this.#nodes.delete(name)
      else this.#nodes.set(name, data.length > MAX_NODE_BYTES ? new Error(`its node has ${data.length} bytes`) : data.toString())
    } catch (error) {
      if (!(error instanceof ZookeeperError)) throw error
      this.#nodes.set(name, error)
    }
  }

  #fail(error: Error): void {
    const { clock, random, onFailure } = this.#options
    this.#forget()
    this.#cancelRetry = clock.after(backoffMs(++this.#failures, random.next()), () => this.#wake())
    onFailure(error)
  }
}
