import type { Clock, Random } from '../plugin-api/index.ts'

export type StreamKind = 'websocket' | 'sse'

/** `error`: a reset; `idle`, `age` and `drain`: the gateway ended it. */
export type StreamEnd = 'client' | 'upstream' | 'idle' | 'age' | 'drain' | 'error'

/** A connection that lasts until somebody ends it. */
export interface OpenStream {
  readonly kind: StreamKind
  readonly route: { readonly name: string; readonly upstream: string | null }
  /** Ends it as its protocol has it, as soon as that is possible. Nothing happens the second time. */
  drain(): void
  /** Ends it at once. */
  destroy(): void
}

export interface StreamObserver {
  opened(kind: StreamKind): void
  closed(kind: StreamKind, end: StreamEnd): void
}

/** Clients come back at once when they are told to go: not more than 500 of them in a second. */
const MS_PER_STREAM = 2

/** Every WebSocket and event stream of the process, whatever its generation: who has to be told that the end is near. */
export class OpenStreams {
  readonly #clock: Clock
  readonly #random: Random
  readonly #observer: StreamObserver
  readonly #streams = new Set<OpenStream>()
  #draining = false
  #onEmpty: (() => void) | null = null

  constructor(clock: Clock, random: Random, observer: StreamObserver) {
    this.#clock = clock
    this.#random = random
    this.#observer = observer
  }

  get size(): number {
    return this.#streams.size
  }

  add(stream: OpenStream): void {
    this.#streams.add(stream)
    this.#observer.opened(stream.kind)
    // Its handshake was under way when the end began.
    if (this.#draining) this.#tell([stream], 0)
  }

  remove(stream: OpenStream, end: StreamEnd): void {
    if (!this.#streams.delete(stream)) return
    this.#observer.closed(stream.kind, end)
    if (this.#streams.size === 0) this.#onEmpty?.()
  }

  /** Ends all of them, one after the other, in at most half of the limit: the other half is theirs. */
  drain(limitMs: number): void {
    this.#draining = true
    this.#tell([...this.#streams], limitMs)
  }

  /** Resolves when none is left. */
  idle(): Promise<void> {
    if (this.#streams.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmpty = resolve
    })
  }

  /** The same for those that a new configuration has no place for. */
  drainWhere(isGone: (stream: OpenStream) => boolean, limitMs: number): void {
    this.#tell([...this.#streams].filter(isGone), limitMs)
  }

  destroy(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  /** Each at a random moment within its own share of the time: even, but never in step with another gateway. */
  #tell(streams: readonly OpenStream[], limitMs: number): void {
    const share = Math.min(MS_PER_STREAM, limitMs / 2 / streams.length)
    for (const [index, stream] of streams.entries()) {
      const run = (): void => {
        if (this.#streams.has(stream)) stream.drain()
      }
      this.#clock.after((index + this.#random.next()) * share, run)
    }
  }
}
