import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '../kit/database.ts'

export interface Stock {
  productId: string
  /** What can still be reserved. */
  available: number
  /** What orders hold. */
  reserved: number
}

export type ReserveResult =
  | { kind: 'reserved'; available: number }
  | { kind: 'not-stocked' }
  | { kind: 'insufficient'; available: number }
  | { kind: 'already-released' }
  | { kind: 'other-quantity'; quantity: number }

export const inventoryMigrations = [
  `
  CREATE TABLE stock (
    product_id TEXT PRIMARY KEY,
    available INTEGER NOT NULL CHECK (available >= 0)
  ) STRICT;
  CREATE TABLE reservations (
    product_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('held', 'released')),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (product_id, order_id)
  ) STRICT, WITHOUT ROWID;
`
]

export class InventoryStore {
  readonly #database: DatabaseSync
  readonly #now: () => Date

  constructor(database: DatabaseSync, { now }: { now: () => Date }) {
    this.#database = database
    this.#now = now
  }

  stockOf(productId: string): Stock | undefined {
    const row = this.#database
      .prepare(`
      SELECT available, (
        SELECT coalesce(sum(quantity), 0) FROM reservations WHERE product_id = stock.product_id AND status = 'held'
      ) AS reserved
      FROM stock WHERE product_id = ?
    `)
      .get(productId)
    return row && { productId, available: Number(row['available']), reserved: Number(row['reserved']) }
  }

  /** Stocks a product that has no record yet; leaves one that has. */
  introduce(productId: string, available: number): void {
    this.#database.prepare('INSERT INTO stock VALUES (?, ?) ON CONFLICT DO NOTHING').run(productId, available)
  }

  set(productId: string, available: number): Stock {
    return transaction(this.#database, () => {
      this.#database
        .prepare('INSERT INTO stock VALUES (:productId, :available) ON CONFLICT DO UPDATE SET available = :available')
        .run({ productId, available })
      return this.#stockThatIs(productId)
    })
  }

  /** Adds to the stock, or takes from it when negative; undefined when there is less than that to take. */
  add(productId: string, quantity: number): Stock | undefined {
    return transaction(this.#database, () => {
      this.introduce(productId, 0)
      const { changes } = this.#database
        .prepare('UPDATE stock SET available = available + :quantity WHERE product_id = :productId AND available + :quantity >= 0')
        .run({ productId, quantity })
      return changes === 1 ? this.#stockThatIs(productId) : undefined
    })
  }

  /** Takes `quantity` off what is available, once per order however often it is asked. */
  reserve(productId: string, orderId: string, quantity: number): ReserveResult {
    return transaction(this.#database, () => {
      const earlier = this.#reservation(productId, orderId)
      if (earlier?.status === 'released') return { kind: 'already-released' }
      if (earlier !== undefined && earlier.quantity !== quantity) return { kind: 'other-quantity', quantity: earlier.quantity }
      if (earlier === undefined) {
        const taken = this.#database
          .prepare('UPDATE stock SET available = available - :quantity WHERE product_id = :productId AND available >= :quantity')
          .run({ productId, quantity })
        if (taken.changes === 0) return this.#shortage(productId)
        this.#record(productId, orderId, quantity, 'held')
      }
      return { kind: 'reserved', available: this.#stockThatIs(productId).available }
    })
  }

  /**
   * Gives back what the order holds of the product, and says how much that was. An order that holds nothing leaves a
   * record as well: its reservation may still be on the way, and must find the door closed when it arrives.
   */
  release(productId: string, orderId: string): number {
    return transaction(this.#database, () => {
      const earlier = this.#reservation(productId, orderId)
      if (earlier?.status === 'released') return 0
      const quantity = earlier?.quantity ?? 0
      this.#database.prepare('UPDATE stock SET available = available + ? WHERE product_id = ?').run(quantity, productId)
      this.#record(productId, orderId, quantity, 'released')
      return quantity
    })
  }

  #reservation(productId: string, orderId: string): { quantity: number; status: string } | undefined {
    const row = this.#database.prepare('SELECT quantity, status FROM reservations WHERE product_id = ? AND order_id = ?').get(productId, orderId)
    return row && { quantity: Number(row['quantity']), status: String(row['status']) }
  }

  #record(productId: string, orderId: string, quantity: number, status: 'held' | 'released'): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO reservations (product_id, order_id, quantity, status, updated_at) VALUES (?, ?, ?, ?, ?)')
      .run(productId, orderId, quantity, status, this.#now().toISOString())
  }

  #shortage(productId: string): ReserveResult {
    const stock = this.stockOf(productId)
    return stock === undefined ? { kind: 'not-stocked' } : { kind: 'insufficient', available: stock.available }
  }

  #stockThatIs(productId: string): Stock {
    const stock = this.stockOf(productId)
    if (stock === undefined) throw new Error(`The stock of product ${productId} is gone right after it was written`)
    return stock
  }
}
