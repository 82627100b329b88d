import { Pool } from 'undici'
import type { AttemptSink, Transport, UpstreamRequest } from '../proxy/ports.ts'
import { createConnect } from './connect.ts'
import { DispatchHandler } from './dispatch.ts'
import { classifyFailure } from './failure.ts'
import type { ReadMemory } from './read-memory.ts'
import { tlsOptions } from './tls-options.ts'

export interface EndpointPoolOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string
  readonly connectMs: number
  readonly responseMs: number
  readonly idleMs: number
  readonly tls: {
    readonly caPem: string | null
    readonly certPem: string | null
    readonly keyPem: string | null
    readonly serverName: string | null
    readonly insecureSkipVerify: boolean
  } | null
}

export interface EndpointPool extends Transport {
  /** Waits for running requests, then closes every connection. */
  close(): Promise<void>
  /** Open connections, for the admin API and tests. */
  readonly connected: number
}

/** A larger head than this is the endpoint's fault (502). */
const MAX_RESPONSE_HEAD_BYTES = 64 * 1024

/** The connections to one endpoint: HTTP/1.1, kept alive, one request at a time on each. */
export function createEndpointPool(options: EndpointPoolOptions, memory: ReadMemory | null): EndpointPool {
  const pool = new Pool(options.origin, {
    allowH2: false,
    pipelining: 1,
    headersTimeout: options.responseMs,
    bodyTimeout: options.idleMs,
    maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
    // A record of TLS has at most 16 KiB: there are no larger reads to save.
    connect: createConnect({ allowH2: false, timeout: options.connectMs, ...tlsOptions(options.tls) }, options.tls === null ? memory : null)
  })
  return {
    send(request, sink) {
      send(pool, request, sink, memory)
    },
    close: () => pool.close(),
    get connected() {
      return pool.stats.connected
    }
  }
}

function send(pool: Pool, request: UpstreamRequest, sink: AttemptSink, memory: ReadMemory | null): void {
  try {
    pool.dispatch(
      {
        method: request.method,
        path: request.target,
        headers: request.headers as string[],
        body: request.body,
        upgrade: request.upgrade,
        // undici closes the connection after every HEAD unless it is told not to.
        ...(request.method === 'HEAD' ? { reset: false } : undefined)
      },
      new DispatchHandler(sink, memory)
    )
  } catch (error) {
    sink.onFailure(classifyFailure(error as Error, false))
  }
}
