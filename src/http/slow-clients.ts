import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientTimeoutsPlan } from '../config/plan.ts'
import { exchangeOf } from '../generation/exchange-slot.ts'
import type { ClientResponse } from '../proxy/client-response.ts'
import type { ClientTimeout } from '../proxy/exchange.ts'
import type { Sweep, Swept } from '../proxy/sweep.ts'
import type { Connections } from './http1-connections.ts'
import type { Http2Response } from './http2-response.ts'
import { type Paced, PaceWatch } from './pace-watch.ts'

export type ClientRates = Pick<ClientTimeoutsPlan, 'uploadRate' | 'downloadRate'>

export interface SlowClientServices {
  /** One for everything that has to be looked at. */
  readonly sweep: Sweep
  /** Told before a client is cut off. @param response The answer that it was too slow for; null when it is not known */
  readonly onSlow: (kind: ClientTimeout, response: ClientResponse | null) => void
}

/**
 * The clients of one listener that do not read their answers, or do not send the rest of a request whose answer is out. Bodies that are still
 * wanted are looked after by whoever reads them (`BodySource`).
 */
export class SlowClients implements Swept {
  readonly #services: SlowClientServices
  readonly #connections: Connections
  readonly #streams = new Set<Http2Response>()
  readonly #answers: PaceWatch<Socket>
  readonly #streamAnswers: PaceWatch<Http2Response>
  readonly #rests: PaceWatch<Socket>

  constructor(connections: Connections, rates: ClientRates, services: SlowClientServices) {
    this.#connections = connections
    this.#services = services
    this.#answers = new PaceWatch(answersOf(connections, services), rates.downloadRate)
    this.#streamAnswers = new PaceWatch(streamsOf(this.#streams, services), rates.downloadRate)
    this.#rests = new PaceWatch(restsOf(connections, services), rates.uploadRate)
  }

  configure(rates: ClientRates): void {
    this.#answers.configure(rates.downloadRate)
    this.#streamAnswers.configure(rates.downloadRate)
    this.#rests.configure(rates.uploadRate)
  }

  /** There is a new connection of HTTP/1. */
  onConnection(): void {
    this.#services.sweep.add(this)
  }

  /** There is a new answer of HTTP/2, which has no socket of its own. */
  onStream(response: Http2Response): void {
    this.#streams.add(response)
    response.once('close', () => this.#streams.delete(response))
    this.#services.sweep.add(this)
  }

  sweep(): void {
    this.#answers.sweep()
    this.#rests.sweep()
    if (this.#streams.size > 0) this.#streamAnswers.sweep()
    if (this.#connections.size === 0 && this.#streams.size === 0) this.#services.sweep.remove(this)
  }
}

function answersOf(connections: Connections, { onSlow }: SlowClientServices): Paced<Socket> {
  return {
    all: () => connections.keys(),
    // The bytes of a tunnel are no answer.
    waits: (socket) => socket.writableLength > 0 && !isTunnel(connections.get(socket) ?? null),
    moved: bytesTaken,
    cut(socket) {
      const response = connections.get(socket) ?? null
      // Of pipelined requests the latest one may not be the one whose answer is stuck.
      onSlow('write-stall', response !== null && response.socket === socket ? response : null)
      socket.destroy()
    }
  }
}

function isTunnel(response: ServerResponse | null): boolean {
  return response !== null && exchangeOf(response.req).tunnelled
}

/** What Node's own timeout of sockets goes by; the stream itself counts a piece when the system has taken the whole of it. */
interface Handle {
  readonly bytesWritten?: number
  readonly writeQueueSize?: number
}

/** Bytes that the system has taken to send them; it does so in steps of up to a third of its buffer. */
function bytesTaken(socket: Socket): number {
  const { bytesWritten, writeQueueSize } = (socket as Socket & { readonly _handle?: Handle | null })._handle ?? {}
  if (bytesWritten === undefined || writeQueueSize === undefined) return socket.bytesWritten - socket.writableLength
  return bytesWritten - writeQueueSize
}

/** Each stream has a window of its own that its client can keep shut (RFC 9113 section 5.2). */
function streamsOf(streams: ReadonlySet<Http2Response>, { onSlow }: SlowClientServices): Paced<Http2Response> {
  return {
    all: () => streams,
    waits: ({ stream }) => !stream.destroyed && stream.writableLength > 0,
    moved: ({ stream, req }) => exchangeOf(req.asMessage()).decision.responseBytes - stream.writableLength,
    cut(response) {
      onSlow('write-stall', response.asResponse())
      response.destroy()
    }
  }
}

/** A short rest of a request is read behind its answer so that the connection can be used again; it must come as quickly as any body. */
function restsOf(connections: Connections, { onSlow }: SlowClientServices): Paced<Socket> {
  return {
    all: () => connections.keys(),
    waits(socket) {
      const response = connections.get(socket) ?? null
      return response !== null && response.writableFinished && !response.req.complete
    },
    moved: (socket) => socket.bytesRead,
    cut(socket) {
      onSlow('upload-rate', null)
      socket.destroy()
    }
  }
}
