import { Connection } from '../../src/discovery/zookeeper/connection.ts'
import { NO_NODE, ZookeeperError } from '../../src/discovery/zookeeper/protocol.ts'
import type { JuteWriter } from '../../src/discovery/zookeeper/jute.ts'
import { systemClock } from '../../src/system/clock.ts'

/** Numbers of `org.apache.zookeeper.ZooDefs.OpCode`. */
const CREATE = 1
const DELETE = 2
const SET_DATA = 5
const NODE_EXISTS = -110
const ANY_VERSION = -1
const EPHEMERAL = 1
const ALL = 31
const ALL_BUT_READ = 30

export interface PutOptions {
  readonly ephemeral?: boolean
  /** Whether it may be read; of a node that is created. */
  readonly readable?: boolean
}

/** A client that writes, with a session of its own. */
export interface Writer {
  /** Creates the node and those above it, or changes what it holds. */
  put(path: string, data: string, options?: PutOptions): Promise<void>
  delete(path: string): Promise<void>
  /** Ends the session, and with it its ephemeral nodes. */
  close(): void
}

export async function openWriter(port: number): Promise<Writer> {
  const connection = await open(port)
  const create = (path: string, data: string, flags = 0, permissions = ALL): Promise<unknown> =>
    connection.request(CREATE, (writer) => anyone(writer.text(path).text(data), permissions).int(flags))
  const unless = (code: number) => (error: unknown) => {
    if (error instanceof ZookeeperError && error.code === code) return code
    throw error
  }
  return {
    async put(path, data, { ephemeral = false, readable = true } = {}) {
      const names = path.slice(1).split('/')
      const above = names.slice(0, -1).map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
      for (const node of above) await create(node, '').catch(unless(NODE_EXISTS))
      const isThere = (await create(path, data, ephemeral ? EPHEMERAL : 0, readable ? ALL : ALL_BUT_READ).catch(unless(NODE_EXISTS))) === NODE_EXISTS
      if (isThere) await connection.request(SET_DATA, (writer) => writer.text(path).text(data).int(ANY_VERSION))
    },
    async delete(path) {
      await connection.request(DELETE, (writer) => writer.text(path).int(ANY_VERSION)).catch(unless(NO_NODE))
    },
    close: () => connection.close()
  }
}

/** One write with a session of its own. */
export async function write(port: number, run: (writer: Writer) => Promise<void>): Promise<void> {
  const writer = await openWriter(port)
  try {
    await run(writer)
  } finally {
    writer.close()
  }
}

async function open(port: number): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const connection = new Connection(
    { host: '127.0.0.1', port },
    { session: null, timeoutMs: 30_000, lastZxid: 0n, connectTimeoutMs: 10_000 },
    { clock: systemClock, listener: { onOpen: () => resolve(), onExpired: () => {}, onEvent: () => {}, onLost: (error) => reject(error) } }
  )
  await promise
  return connection
}

/** A list of one ACL, which is for everybody. */
function anyone(writer: JuteWriter, permissions: number): JuteWriter {
  return writer.int(1).int(permissions).text('world').text('anyone')
}
