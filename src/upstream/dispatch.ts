import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { AttemptControl, AttemptSink } from '../proxy/ports.ts'
import { classifyFailure } from './failure.ts'
import type { ReadMemory } from './read-memory.ts'

/** undici's controller, with the fields as they came on the wire. */
type Controller = Dispatcher.DispatchController & AttemptControl

/** Translates undici's callbacks into those of an attempt. One per attempt, no closures. */
export class DispatchHandler implements Dispatcher.DispatchHandler {
  readonly #sink: AttemptSink
  readonly #memory: ReadMemory | null
  #started = false

  constructor(sink: AttemptSink, memory: ReadMemory | null) {
    this.#sink = sink
    this.#memory = memory
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#started = true
    this.#sink.onStart(new Control(controller, this.#memory))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: unknown, statusText?: string): void {
    const fields = latin1Fields((controller as Controller & RawFields).rawHeaders)
    if (status >= 200) this.#sink.onHead(status, statusText ?? '', fields)
    else this.#sink.onInformation(status, fields)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sink.onData(chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    const trailers = (controller as Controller & RawFields).rawTrailers
    this.#sink.onEnd(trailers === null || trailers.length === 0 ? NO_FIELDS : latin1Fields(trailers))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#sink.onFailure(classifyFailure(error, this.#started))
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number, _headers: unknown, socket: Duplex): void {
    this.#sink.onUpgrade(status, latin1Fields((controller as Controller & RawFields).rawHeaders), socket)
  }
}

interface RawFields {
  readonly rawHeaders: readonly (Buffer | string)[] | null
  readonly rawTrailers: readonly (Buffer | string)[] | null
}

const NO_FIELDS: readonly string[] = Object.freeze([])

/** Field bytes are latin1 on the wire; decoding them as anything else would change them. */
function latin1Fields(raw: readonly (Buffer | string)[] | null): string[] {
  if (raw === null) return []
  const fields: string[] = []
  for (const text of raw) fields.push(typeof text === 'string' ? text : text.toString('latin1'))
  return fields
}

class Control implements AttemptControl {
  readonly #controller: Dispatcher.DispatchController
  readonly #memory: ReadMemory | null

  constructor(controller: Dispatcher.DispatchController, memory: ReadMemory | null) {
    this.#controller = controller
    this.#memory = memory
  }

  pause(): void {
    this.#controller.pause()
  }
  resume(): void {
    this.#controller.resume()
  }
  release(chunk: Buffer): void {
    this.#memory?.giveBack(chunk)
  }
  abort(): void {
    this.#controller.abort(new Error('the client went away'))
  }
}
