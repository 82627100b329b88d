import type { Exchange } from './exchange.ts'
import { fieldValue } from './header-fields.ts'
import type { OpenStream, StreamEnd } from './open-streams.ts'

/** What becomes of an answer that its watch gives up. */
export interface WatchedAnswer {
  /** Silence where there should be none. */
  onIdle(idleMs: number): void
  /** An event stream has to end now, between two events. */
  onStreamEnd(end: 'idle' | 'drain'): void
}

interface WatchTimes {
  readonly idleMs: number
  readonly streamMs: number | null
}

/**
 * Watches an answer that has not come at once: how long it is silent and, of an event stream, where one event ends, so that it can be ended
 * there when the gateway goes away. `EventSource` comes back by itself, and throws half an event away.
 */
export class AnswerWatch implements OpenStream {
  readonly kind = 'sse'
  readonly isEventStream: boolean
  readonly #exchange: Exchange
  readonly #answer: WatchedAnswer
  /** Null for no limit. */
  readonly #idleMs: number | null
  #lastBytesMs: number
  #cancelIdle: (() => void) | null = null
  /** The last four bytes of an event stream. */
  #tail = '\n\n'
  readonly #isReadable: boolean
  #draining = false
  /** At the drain limit. */
  #isCut = false

  /** @param headers Of the answer; null when nobody wants it. */
  constructor(exchange: Exchange, headers: readonly string[] | null, times: WatchTimes, answer: WatchedAnswer) {
    this.#exchange = exchange
    this.#answer = answer
    this.isEventStream = headers !== null && isEventStream(headers)
    this.#isReadable = headers !== null && fieldValue(headers, 'content-encoding') === undefined
    this.#idleMs = this.isEventStream ? times.streamMs : times.idleMs === 0 ? null : times.idleMs
    const { clock, streams } = exchange.services
    this.#lastBytesMs = clock.now()
    if (this.#idleMs !== null) this.#cancelIdle = clock.after(this.#idleMs, this.#onIdle)
    if (this.isEventStream) streams.add(this)
  }

  get route(): OpenStream['route'] {
    return this.#exchange.route
  }

  /** After the piece has been given to the client. */
  onData(chunk: Buffer): void {
    this.#lastBytesMs = this.#exchange.services.clock.now()
    if (!this.isEventStream) return
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - 4))).slice(-4)
    if (this.#draining && this.#isBetweenEvents) this.#answer.onStreamEnd('drain')
  }

  /** The answer is over, whoever ended it. */
  stop(end: StreamEnd): void {
    this.#cancelIdle?.()
    this.#cancelIdle = null
    if (!this.isEventStream) return
    const told = this.#isCut ? 'drain' : end
    this.#exchange.decision.ended = told
    this.#exchange.services.streams.remove(this, told)
  }

  drain(): void {
    if (this.#draining) return
    this.#draining = true
    if (this.#isBetweenEvents) this.#answer.onStreamEnd('drain')
  }

  destroy(): void {
    this.#isCut = true
    this.#exchange.response.destroy()
  }

  /** A blank line ends an event; where the stream is compressed nobody can tell. */
  get #isBetweenEvents(): boolean {
    const tail = this.#tail
    return this.#isReadable && (tail.endsWith('\n\n') || tail.endsWith('\n\r\n') || tail.endsWith('\r\r'))
  }

  readonly #onIdle = (): void => {
    this.#cancelIdle = null
    const { clock } = this.#exchange.services
    const idleMs = this.#idleMs as number
    // What the client does not take is not asked for: that silence is not the endpoint's.
    if (this.#exchange.response.writableNeedDrain) this.#lastBytesMs = clock.now()
    const leftMs = this.#lastBytesMs + idleMs - clock.now()
    if (leftMs > 0) this.#cancelIdle = clock.after(leftMs, this.#onIdle)
    else if (this.isEventStream) this.#answer.onStreamEnd('idle')
    else this.#answer.onIdle(idleMs)
  }
}

/** An answer with a length is a file of events, no stream. */
function isEventStream(headers: readonly string[]): boolean {
  const type = fieldValue(headers, 'content-type')
  return type !== undefined && /^text\/event-stream *(?:;|$)/i.test(type) && fieldValue(headers, 'content-length') === undefined
}
