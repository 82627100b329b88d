import type { ByteSink } from '../telemetry/line-batch.ts'
import type { WorkerLine } from './messages.ts'

/** Gives log lines to the supervisor, which serves nobody and so has the time to write them. What is sent counts as written: it arrives although this thread ends. */
export class SentLines implements ByteSink {
  readonly #line: Pick<WorkerLine, 'tell'>
  readonly #onDrain: (() => void)[] = []

  constructor(line: Pick<WorkerLine, 'tell'>) {
    this.#line = line
  }

  write(bytes: Buffer): void {
    const { buffer, byteOffset, length } = bytes as Buffer<ArrayBuffer>
    this.#line.tell('lines', new Uint8Array(buffer, byteOffset, length), [buffer])
    for (const run of this.#onDrain) run()
  }

  flushSync(): void {}

  on(event: 'drain' | 'error', listener: () => void): void {
    if (event === 'drain') this.#onDrain.push(listener)
  }
}
