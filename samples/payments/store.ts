import type { DatabaseSync } from 'node:sqlite'
import { recordOf, transaction } from '../kit/database.ts'
import type { Listed, Page } from '../kit/page.ts'

export type PaymentStatus = 'captured' | 'declined' | 'refunded' | 'voided'

export interface Charge {
  orderId: string
  userId: string
  amountCents: number
}

export interface Payment {
  id: string
  orderId: string
  /** Null when the order was voided before anything was charged. */
  userId: string | null
  amountCents: number
  status: PaymentStatus
  /** Why it was declined. */
  reason: string | null
  createdAt: string
  updatedAt: string
}

/** The order is unique: whatever is sent twice, an order is charged once. */
export const paymentMigrations = [
  `
  CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE,
    user_id TEXT,
    amount_cents INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('captured', 'declined', 'refunded', 'voided')),
    reason TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT
`
]

const columns = `id, order_id AS orderId, user_id AS userId, amount_cents AS amountCents, status, reason,
  created_at AS createdAt, updated_at AS updatedAt`
const ofOrder = 'WHERE :orderId IS NULL OR order_id = :orderId'

export class PaymentStore {
  readonly #database: DatabaseSync
  readonly #now: () => Date
  readonly #newId: () => string
  readonly #limitCents: number

  constructor(database: DatabaseSync, { now, newId, limitCents }: { now: () => Date; newId: () => string; limitCents: number }) {
    this.#database = database
    this.#now = now
    this.#newId = newId
    this.#limitCents = limitCents
  }

  /** Charges the order, or gives the payment it has already, whatever became of that. */
  charge({ orderId, userId, amountCents }: Charge): { payment: Payment; isNew: boolean } {
    return transaction(this.#database, () => {
      const earlier = this.#ofOrder(orderId)
      if (earlier !== undefined) return { payment: earlier, isNew: false }
      const isDeclined = amountCents > this.#limitCents
      const payment = this.#insert({
        orderId,
        userId,
        amountCents,
        status: isDeclined ? 'declined' : 'captured',
        reason: isDeclined ? `The amount is over the limit of ${this.#limitCents} cents` : null
      })
      return { payment, isNew: true }
    })
  }

  find(id: string): Payment | undefined {
    const row = this.#database.prepare(`SELECT ${columns} FROM payments WHERE id = ?`).get(id)
    return row === undefined ? undefined : recordOf<Payment>(row)
  }

  /** Newest first; without an order, those of all. */
  list(orderId: string | undefined, { limit, offset }: Page): Listed<Payment> {
    const filter = { orderId: orderId ?? null }
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM payments ${ofOrder} ORDER BY rowid DESC LIMIT :limit OFFSET :offset`)
      .all({ ...filter, limit, offset })
    const total = this.#database.prepare(`SELECT count(*) AS total FROM payments ${ofOrder}`).get(filter)?.['total']
    return { items: rows.map((row) => recordOf<Payment>(row)), total: Number(total), limit, offset }
  }

  /** `refunded` is false for a payment that is not, or no longer, captured. */
  refund(id: string): { payment: Payment; refunded: boolean } | 'unknown' {
    return transaction(this.#database, () => {
      const payment = this.find(id)
      if (payment === undefined) return 'unknown'
      if (payment.status !== 'captured') return { payment, refunded: false }
      return { payment: this.#markRefunded(payment), refunded: true }
    })
  }

  /** Refunds a captured payment; for an order without one, leaves a record that lets no later charge through. */
  void(orderId: string): Payment {
    return transaction(this.#database, () => {
      const payment = this.#ofOrder(orderId)
      if (payment === undefined) {
        return this.#insert({ orderId, userId: null, amountCents: 0, status: 'voided', reason: null })
      }
      return payment.status === 'captured' ? this.#markRefunded(payment) : payment
    })
  }

  #ofOrder(orderId: string): Payment | undefined {
    const row = this.#database.prepare(`SELECT ${columns} FROM payments WHERE order_id = ?`).get(orderId)
    return row === undefined ? undefined : recordOf<Payment>(row)
  }

  #insert(details: Omit<Payment, 'id' | 'createdAt' | 'updatedAt'>): Payment {
    const at = this.#now().toISOString()
    const payment = { id: this.#newId(), ...details, createdAt: at, updatedAt: at }
    this.#database
      .prepare(`
      INSERT INTO payments (id, order_id, user_id, amount_cents, status, reason, created_at, updated_at)
      VALUES (:id, :orderId, :userId, :amountCents, :status, :reason, :createdAt, :updatedAt)
    `)
      .run(payment)
    return payment
  }

  #markRefunded(payment: Payment): Payment {
    const updatedAt = this.#now().toISOString()
    this.#database.prepare(`UPDATE payments SET status = 'refunded', updated_at = ? WHERE id = ?`).run(updatedAt, payment.id)
    return { ...payment, status: 'refunded', updatedAt }
  }
}
