/** What the two ends of a line tell each other; `worker_threads` have both forms of it. */
export interface Port {
  /** @param transfer Memory that moves to the other end instead of being copied. */
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', run: (message: unknown) => void): unknown
}

/** What one end answers, and what it is told without an answer. */
export interface Side {
  readonly calls: object
  readonly notices: object
}

export interface Call<Ask, Answer> {
  readonly ask: Ask
  readonly answer: Answer
}

type Names<T> = keyof T & string
type AskOf<T, K extends keyof T> = T[K] extends Call<infer Ask, unknown> ? Ask : never
type AnswerOf<T, K extends keyof T> = T[K] extends Call<unknown, infer Answer> ? Answer : never

type Frame =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly value: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly reason: string }
  | { readonly kind: 'notice'; readonly name: string; readonly value: unknown }

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** The other end is gone, or failed to answer. */
export class CallFailed extends Error {}

/**
 * One end of the line between the supervisor and a worker: typed calls and notices over messages, which arrive in the order in which they
 * were sent. Values are copied (structured clone): plain data only.
 */
export class Line<Here extends Side, There extends Side> {
  readonly #port: Port
  readonly #handlers = new Map<string, (value: never) => unknown>()
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #closed: string | null = null

  constructor(port: Port) {
    this.#port = port
    port.on('message', (message) => this.#receive(message as Frame))
  }

  /** How calls of the other end are answered; a promise that rejects is a failed call there. Once for each name, before the first can come. */
  answer<K extends Names<Here['calls']>>(name: K, run: (ask: AskOf<Here['calls'], K>) => Awaitable<AnswerOf<Here['calls'], K>>): void {
    this.#handlers.set(`call ${name}`, run)
  }

  /** What is done with a notice of the other end; one that nobody handles is dropped. */
  on<K extends Names<Here['notices']>>(name: K, run: (notice: Here['notices'][K]) => void): void {
    this.#handlers.set(`notice ${name}`, run)
  }

  /** Rejects with CallFailed when the other end fails, or is gone before it has answered. */
  call<K extends Names<There['calls']>>(name: K, ask: AskOf<There['calls'], K>): Promise<AnswerOf<There['calls'], K>> {
    if (this.#closed !== null) return Promise.reject(new CallFailed(this.#closed))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#send({ kind: 'call', id, name, value: ask })
    })
  }

  /** Without an answer; to no effect when the other end is gone. @param transfer Memory of the notice that moves there. */
  tell<K extends Names<There['notices']>>(name: K, notice: There['notices'][K], transfer?: readonly ArrayBuffer[]): void {
    if (this.#closed === null) this.#send({ kind: 'notice', name, value: notice }, transfer)
  }

  /** The other end is gone: whatever waits for it fails for that reason. */
  close(reason: string): void {
    this.#closed ??= reason
    for (const { reject } of this.#waiting.values()) reject(new CallFailed(reason))
    this.#waiting.clear()
  }

  #send(frame: Frame, transfer?: readonly ArrayBuffer[]): void {
    this.#port.postMessage(frame, transfer)
  }

  #receive(frame: Frame): void {
    switch (frame.kind) {
      case 'call':
        return void this.#answer(frame.id, frame.name, frame.value)
      case 'notice':
        return void this.#handlers.get(`notice ${frame.name}`)?.(frame.value as never)
      case 'answer':
      case 'failure': {
        const waiting = this.#waiting.get(frame.id)
        this.#waiting.delete(frame.id)
        if (frame.kind === 'answer') waiting?.resolve(frame.value as never)
        else waiting?.reject(new CallFailed(frame.reason))
      }
    }
  }

  async #answer(id: number, name: string, value: unknown): Promise<void> {
    try {
      const run = this.#handlers.get(`call ${name}`)
      if (run === undefined) throw new Error(`nobody answers ${name}`)
      const answer = await run(value as never)
      this.#send({ kind: 'answer', id, value: answer })
    } catch (error) {
      this.#send({ kind: 'failure', id, reason: error instanceof Error ? error.message : String(error) })
    }
  }
}

type Awaitable<T> = T | Promise<T>
