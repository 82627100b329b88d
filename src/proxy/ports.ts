import type { Duplex, Readable } from 'node:stream'
import type { Member } from '../policy/health/types.ts'
import type { Outcome } from '../policy/outcome.ts'

/**
 * What forwarding needs of an upstream connection. `src/upstream/` implements it for HTTP/1.1; tests and the simulator
 * implement it with a script.
 */
export interface Transport {
  /** Starts one attempt. Reports everything, refused connections included, through the sink; never throws. */
  send(request: UpstreamRequest, sink: AttemptSink): void
}

export interface UpstreamRequest {
  readonly method: string
  /** Path and query as they go on the wire. */
  readonly target: string
  /** Name, value, name, value …; with `host`, without anything that belongs to the connection. */
  readonly headers: readonly string[]
  readonly body: Readable | null
  /** The token of an upgrade (`websocket`), or null. */
  readonly upgrade: string | null
}

/** Control over an attempt that has a connection. */
export interface AttemptControl {
  pause(): void
  resume(): void
  /** A chunk of `onData` has left behind all before it, and nobody has any of them: their memory may be read into again. Not to call this does no harm. */
  release(chunk: Buffer): void
  /** Ends the attempt and closes its connection; nothing more is told of it. */
  abort(): void
}

export type FailureKind = Exclude<Outcome, 'response' | 'upgrade'> | 'invalid-request'

export interface AttemptFailure {
  readonly kind: FailureKind
  /** For the log; never shown to the client. */
  readonly error: Error
  /** A kept-alive connection that had been idle was closed before any byte of the answer came: most likely it was closed while the request was on its way. */
  readonly staleConnection?: boolean
}

/** Receives one attempt. After `onEnd`, `onFailure` or `onUpgrade` nothing more comes. */
export interface AttemptSink {
  /** A connection was assigned and the request is about to be written. */
  onStart(control: AttemptControl): void
  /** An interim answer, 102 to 199 without 101. */
  onInformation(status: number, headers: string[]): void
  /**
   * The final head: what can be written again as it is. Its framing can be read in one way only, and a transfer coding is `chunked`.
   * @param statusText Bytes as latin1, like those of the fields.
   * @param isWhole The whole answer is here: what is left of it follows before the call that brought it returns.
   */
  onHead(status: number, statusText: string, headers: string[], isWhole?: boolean): void
  onData(chunk: Buffer): void
  onEnd(trailers: readonly string[]): void
  onFailure(failure: AttemptFailure): void
  /** The upstream switched protocols (101); the socket is the caller's from now on. */
  onUpgrade(status: number, headers: string[], socket: Duplex): void
}

/** One address of an upstream, with what outlives a generation. */
export interface Endpoint extends Member {
  readonly origin: string
  /** What stands for it in a sticky cookie; tells nothing of its address. */
  readonly stickyId: string
  /** What the Host field says under `hostHeader: upstream`. */
  readonly authority: string
  readonly transport: Transport
  inFlight: number
  latencyMs: number
  latencyAtMs: number
  /** The last failure, for the admin API. */
  lastFailure: { readonly kind: FailureKind | 'response'; readonly message: string; readonly atMs: number } | null
}
