import type { ServerOptions } from 'node:http'
import { createSecureServer, type Http2SecureServer, type SecureServerOptions, type Settings } from 'node:http2'
import type { TlsOptions } from 'node:tls'
import type { LimitsPlan } from '../config/plan.ts'
import { Http2Request } from './http2-request.ts'
import { Http2Response } from './http2-response.ts'

/** What one client can make the gateway do without waiting for an answer is bounded by Node and nghttp2; here is how tightly. */
const SESSION_LIMITS: SecureServerOptions = {
  // Frames that break the protocol on a stream that is gone, and streams beyond the limit, before the session is ended.
  maxSessionInvalidFrames: 1_000,
  maxSessionRejectedStreams: 100,
  // Streams that the client itself resets, CVE-2023-44487: so many at once, then so many a second.
  streamResetBurst: 200,
  streamResetRate: 33,
  maxOutstandingPings: 10,
  maxSettings: 32
}

/** Header fields of a request that Node reads at all; those between `limits.headerCount` and this are answered 431. */
const LEAST_PAIRS = 1_000

/** Bytes of an upload that may be on their way for one stream, as Node has it; a session must have memory for all of its streams. */
const WINDOW_BYTES = 64 * 1024
const LEAST_MEMORY_MB = 10

interface Limited {
  readonly limits: LimitsPlan
}

/** Speaks HTTP/2 with clients that ask for it in the handshake (ALPN), and HTTP/1.1 with all others. */
export function createHttp2Server(http1: ServerOptions, secure: TlsOptions, { limits }: Limited): Http2SecureServer {
  const options = {
    ...secure,
    ...SESSION_LIMITS,
    maxHeaderListPairs: Math.max(LEAST_PAIRS, 4 * limits.maxHeaderCount),
    maxSessionMemory: Math.max(LEAST_MEMORY_MB, Math.ceil((2 * limits.maxStreams * WINDOW_BYTES) / 1_000_000)),
    // Fields that should be there once are sent as the upstream sent them, as with HTTP/1.
    strictSingleValueFields: false,
    allowHTTP1: true,
    http1Options: http1,
    Http2ServerRequest: Http2Request,
    Http2ServerResponse: Http2Response,
    settings: settingsOf(limits)
  } as unknown as SecureServerOptions
  // Node's own stands in the way of the one among the options.
  return Object.assign(createSecureServer(options), { shouldUpgradeCallback: http1.shouldUpgradeCallback })
}

/** For sessions from now on. */
export function limitSessions(server: Http2SecureServer, { limits }: Limited): void {
  server.updateSettings(settingsOf(limits))
}

function settingsOf({ maxStreams, maxHeaderBytes, maxHeaderCount }: LimitsPlan): Settings {
  return {
    maxConcurrentStreams: maxStreams,
    // Twice of what is allowed, counted as RFC 9113 section 6.5.2 does: beyond it there is a reset stream only, and no 431.
    maxHeaderListSize: 2 * (maxHeaderBytes + 32 * maxHeaderCount),
    // RFC 8441; a WebSocket comes over HTTP/1.1.
    enableConnectProtocol: false
  }
}
