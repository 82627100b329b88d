import type { Clock } from '../../plugin-api/index.ts'

/** A server that began to answer with errors, or answers without any again. */
export interface AnswerChange {
  readonly isFailing: boolean
  /** `OOM`, `NOPERM`, `READONLY` …: the kind of the first error; of the end, of the last one. Holds nothing of what was sent. */
  readonly code: string
}

export interface AnswerErrorsOptions {
  readonly clock: Clock
  readonly onChange: (change: AnswerChange) => void
}

/** So long without an error, and with an answer, and it is over: a full Redis refuses only what writes, so both come in turns. */
const QUIET_MS = 10_000

/** Whether a server that is there answers with errors. Told once when it begins and once when it is over, however many requests there are. */
export class AnswerErrors {
  readonly #options: AnswerErrorsOptions
  /** Of the last error; null when it does not fail. */
  #code: string | null = null
  #failedMs = 0

  constructor(options: AnswerErrorsOptions) {
    this.#options = options
  }

  failed(code: string): void {
    const { clock, onChange } = this.#options
    const isNew = this.#code === null
    this.#code = code
    this.#failedMs = clock.now()
    if (isNew) onChange({ isFailing: true, code })
  }

  answered(): void {
    if (this.#code === null) return
    const { clock, onChange } = this.#options
    if (clock.now() - this.#failedMs < QUIET_MS) return
    const code = this.#code
    this.#code = null
    onChange({ isFailing: false, code })
  }
}
