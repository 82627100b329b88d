import type { DatabaseSync } from 'node:sqlite'
import { recordOf, transaction } from '../kit/database.ts'
import type { Listed, Page } from '../kit/page.ts'
import { isTransition, isUndone, type OrderStatus } from './order-status.ts'

export interface OrderItem {
  productId: string
  quantity: number
  /** Of one piece, when the order was placed. */
  priceCents: number
}

export interface Order {
  id: string
  userId: string
  status: OrderStatus
  totalCents: number
  /** Why it was rejected or cancelled. */
  reason: string | null
  items: OrderItem[]
  createdAt: string
  updatedAt: string
}

/** `undo` holds the orders whose stock and money are still to be given back; it survives a crash in the middle of that. */
export const orderMigrations = [
  `
  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    total_cents INTEGER NOT NULL,
    reason TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX orders_by_user ON orders (user_id);
  CREATE INDEX orders_pending ON orders (created_at) WHERE status = 'pending';
  CREATE TABLE order_items (
    order_id TEXT NOT NULL REFERENCES orders,
    product_id TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_id, product_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE undo (order_id TEXT PRIMARY KEY REFERENCES orders) STRICT, WITHOUT ROWID;
`
]

const columns = `id, user_id AS userId, status, total_cents AS totalCents, reason,
  created_at AS createdAt, updated_at AS updatedAt`
const ofUser = 'WHERE :userId IS NULL OR user_id = :userId'

export class OrderStore {
  readonly #database: DatabaseSync
  readonly #now: () => Date
  readonly #newId: () => string

  constructor(database: DatabaseSync, { now, newId }: { now: () => Date; newId: () => string }) {
    this.#database = database
    this.#now = now
    this.#newId = newId
  }

  create(userId: string, items: OrderItem[]): Order {
    return transaction(this.#database, () => {
      const at = this.#now().toISOString()
      const totalCents = items.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0)
      const row = { id: this.#newId(), userId, status: 'pending' as const, totalCents, reason: null, createdAt: at, updatedAt: at }
      this.#database
        .prepare(`
        INSERT INTO orders (id, user_id, status, total_cents, reason, created_at, updated_at)
        VALUES (:id, :userId, :status, :totalCents, :reason, :createdAt, :updatedAt)
      `)
        .run(row)
      const insertItem = this.#database.prepare('INSERT INTO order_items VALUES (?, ?, ?, ?)')
      for (const { productId, quantity, priceCents } of items) insertItem.run(row.id, productId, quantity, priceCents)
      return { ...row, items }
    })
  }

  find(id: string): Order | undefined {
    const row = this.#database.prepare(`SELECT ${columns} FROM orders WHERE id = ?`).get(id)
    return row === undefined ? undefined : this.#withItems(row)
  }

  /** Newest first; without a user, those of everybody. */
  list(userId: string | undefined, { limit, offset }: Page): Listed<Order> {
    const filter = { userId: userId ?? null }
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM orders ${ofUser} ORDER BY rowid DESC LIMIT :limit OFFSET :offset`)
      .all({ ...filter, limit, offset })
    const total = this.#database.prepare(`SELECT count(*) AS total FROM orders ${ofUser}`).get(filter)?.['total']
    return { items: rows.map((row) => this.#withItems(row)), total: Number(total), limit, offset }
  }

  /**
   * Moves the order on, and notes in the same transaction what is to be undone for it. `moved` is false when its state
   * does not allow that; the order is then given as it is.
   */
  transition(id: string, to: OrderStatus, reason: string | null = null): { order: Order; moved: boolean } | undefined {
    return transaction(this.#database, () => {
      const order = this.find(id)
      if (order === undefined) return undefined
      if (!isTransition(order.status, to)) return { order, moved: false }
      const updatedAt = this.#now().toISOString()
      this.#database.prepare('UPDATE orders SET status = ?, reason = ?, updated_at = ? WHERE id = ?').run(to, reason, updatedAt, id)
      if (isUndone(to)) this.requireUndo(id)
      return { order: { ...order, status: to, reason, updatedAt }, moved: true }
    })
  }

  requireUndo(id: string): void {
    this.#database.prepare('INSERT INTO undo VALUES (?) ON CONFLICT DO NOTHING').run(id)
  }

  undoDone(id: string): void {
    this.#database.prepare('DELETE FROM undo WHERE order_id = ?').run(id)
  }

  /** At most `limit` orders that still hold what they must give back. */
  toUndo(limit: number): Order[] {
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM orders JOIN undo ON undo.order_id = orders.id ORDER BY orders.rowid LIMIT ?`)
      .all(limit)
    return rows.map((row) => this.#withItems(row))
  }

  /** The ids of orders that have been pending since before `time`. */
  pendingSince(time: Date): string[] {
    const rows = this.#database.prepare(`SELECT id FROM orders WHERE status = 'pending' AND created_at < ?`).all(time.toISOString())
    return rows.map((row) => String(row['id']))
  }

  #withItems(row: Record<string, unknown>): Order {
    const items = this.#database
      .prepare('SELECT product_id AS productId, quantity, price_cents AS priceCents FROM order_items WHERE order_id = ?')
      .all(String(row['id']))
    return { ...recordOf<Omit<Order, 'items'>>(row), items: items.map((item) => recordOf<OrderItem>(item)) }
  }
}
