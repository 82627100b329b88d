import type { Change, CheckEntry } from './types.ts'

/** The node and its own check are there from the beginning; a client takes 0 for "do not wait". */
export const FIRST_INDEX = 1

/** Collects what one operation does; it becomes visible when it is committed. */
export class Transaction {
  /** The modify index of everything that it writes. */
  readonly index: number
  /** Whether an entry of the table was written. */
  services = false
  checks = false
  readonly touched = new Set<string>()
  readonly started: CheckEntry[] = []
  readonly stopped: string[] = []

  constructor(index: number) {
    this.index = index
  }
}

/** Which query has an answer newer than which index. A query waits for the index of what it asks about, not for any change at all. */
export class Indexes {
  #last = FIRST_INDEX
  #services = FIRST_INDEX
  #checks = FIRST_INDEX
  readonly #byService = new Map<string, number>()
  #lastExtinction: number | null = null

  get nodes(): number {
    return FIRST_INDEX
  }

  get services(): number {
    return this.#services
  }

  get checks(): number {
    return this.#checks
  }

  /**
   * Index of all that is known of one service. A name without instances has that of the last service that vanished, else that of the
   * catalogue, so that whoever waits for it sees it come.
   */
  service(name: string, table: 'services' | 'health'): number {
    const own = this.#byService.get(name) ?? this.#lastExtinction
    return own ?? (table === 'health' ? Math.max(this.#services, this.#checks) : this.#services)
  }

  begin(): Transaction {
    return new Transaction(this.#last + 1)
  }

  /** @param exists Whether a service of that name has instances now. */
  commit(transaction: Transaction, exists: (name: string) => boolean): Change {
    const { index, touched, started, stopped } = transaction
    const moved = transaction.services || transaction.checks
    if (moved) this.#last = index
    if (transaction.services) this.#services = index
    if (transaction.checks) this.#checks = index
    for (const name of touched) {
      if (exists(name)) this.#byService.set(name, index)
      else {
        this.#byService.delete(name)
        this.#lastExtinction = index
      }
    }
    return { index: moved ? index : null, services: [...touched], started, stopped }
  }
}
