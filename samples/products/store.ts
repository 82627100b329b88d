import type { DatabaseSync } from 'node:sqlite'
import { recordOf } from '../kit/database.ts'
import type { Listed, Page } from '../kit/page.ts'

export interface ProductDetails {
  name: string
  description: string
  priceCents: number
}

export interface Product extends ProductDetails {
  id: string
  createdAt: string
}

export const productMigrations = [
  `
  CREATE TABLE products (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents > 0),
    created_at TEXT NOT NULL
  ) STRICT
`
]

const columns = 'id, name, description, price_cents AS priceCents, created_at AS createdAt'
const matching = `WHERE name LIKE :pattern ESCAPE '\\' OR description LIKE :pattern ESCAPE '\\'`

export class ProductStore {
  readonly #database: DatabaseSync
  readonly #now: () => Date
  readonly #newId: () => string

  constructor(database: DatabaseSync, { now, newId }: { now: () => Date; newId: () => string }) {
    this.#database = database
    this.#now = now
    this.#newId = newId
  }

  /** With the id of a product that is there already, gives that one unchanged. */
  create({ name, description, priceCents }: ProductDetails, id: string = this.#newId()): Product {
    this.#database
      .prepare(`
      INSERT INTO products (id, name, description, price_cents, created_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO NOTHING
    `)
      .run(id, name, description, priceCents, this.#now().toISOString())
    const product = this.find(id)
    if (product === undefined) throw new Error(`Product ${id} is gone right after it was written`)
    return product
  }

  find(id: string): Product | undefined {
    const row = this.#database.prepare(`SELECT ${columns} FROM products WHERE id = ?`).get(id)
    return row === undefined ? undefined : recordOf<Product>(row)
  }

  /** Products whose name or description contains `text`; with an empty text, all of them. */
  list(text: string, { limit, offset }: Page): Listed<Product> {
    // A percent sign in the search is a percent sign, not a wildcard.
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM products ${matching} ORDER BY rowid LIMIT :limit OFFSET :offset`)
      .all({ pattern, limit, offset })
    const total = this.#database.prepare(`SELECT count(*) AS total FROM products ${matching}`).get({ pattern })?.['total']
    return { items: rows.map((row) => recordOf<Product>(row)), total: Number(total), limit, offset }
  }
}
