import type { JuteReader, JuteWriter } from './jute.ts'

/** Numbers of `org.apache.zookeeper.ZooDefs.OpCode`. */
export const EXISTS = 3
export const GET_DATA = 4
export const PING = 11
export const GET_CHILDREN_2 = 12
export const CLOSE_SESSION = -11

/** The request ids of what is not an answer to a request. */
export const XID_NOTIFICATION = -1
export const XID_PING = -2

/** `KeeperException.Code.NONODE`. */
export const NO_NODE = -101

const ERROR_NAMES: Readonly<Record<number, string>> = {
  [-4]: 'connection loss',
  [-5]: 'marshalling error',
  [-6]: 'unimplemented',
  [-8]: 'bad arguments',
  [NO_NODE]: 'no such node',
  [-102]: 'not allowed by the ACL of the node',
  [-110]: 'the node exists',
  [-112]: 'session expired',
  [-115]: 'authentication failed',
  [-118]: 'session moved'
}

/** A request that the server has refused. */
export class ZookeeperError extends Error {
  readonly code: number

  constructor(code: number) {
    super(`ZooKeeper: ${ERROR_NAMES[code] ?? 'error'} (${code})`)
    this.code = code
  }
}

/** What a client keeps from one connection to the next. */
export interface Session {
  readonly id: bigint
  readonly password: Buffer
  /** As the server wants it, ms. */
  readonly timeoutMs: number
}

export interface ConnectRequest {
  /** Null for a new one. */
  readonly session: Session | null
  /** Of a new session. */
  readonly timeoutMs: number
  /** A server that knows less closes the connection. */
  readonly lastZxid: bigint
}

const PASSWORD_BYTES = 16

/** `org.apache.zookeeper.proto.ConnectRequest`. */
export function writeConnect(writer: JuteWriter, { session, timeoutMs, lastZxid }: ConnectRequest): JuteWriter {
  return writer
    .int(0)
    .long(lastZxid)
    .int(session?.timeoutMs ?? timeoutMs)
    .long(session?.id ?? 0n)
    .buffer(session?.password ?? Buffer.alloc(PASSWORD_BYTES))
    .bool(false)
}

/** `org.apache.zookeeper.proto.ConnectResponse`; null when the session has expired, which a time of 0 says. */
export function readConnect(reader: JuteReader): Session | null {
  reader.int()
  const timeoutMs = reader.int()
  const id = reader.long()
  // Copied, for it outlives the chunk that it is a part of.
  const password = Buffer.from(reader.buffer())
  return timeoutMs > 0 ? { id, password, timeoutMs } : null
}
