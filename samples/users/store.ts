import type { DatabaseSync } from 'node:sqlite'
import { recordOf, transaction } from '../kit/database.ts'
import type { Listed, Page } from '../kit/page.ts'

export interface UserDetails {
  name: string
  email: string
}

export interface User extends UserDetails {
  id: string
  createdAt: string
  updatedAt: string
}

/** Two spellings of an address that differ only in case reach the same person, so they count as one. */
export const userMigrations = [
  `
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT
`
]

const columns = 'id, name, email, created_at AS createdAt, updated_at AS updatedAt'

export class UserStore {
  readonly #database: DatabaseSync
  readonly #now: () => Date
  readonly #newId: () => string

  constructor(database: DatabaseSync, { now, newId }: { now: () => Date; newId: () => string }) {
    this.#database = database
    this.#now = now
    this.#newId = newId
  }

  create({ name, email }: UserDetails, id: string = this.#newId()): User | 'email-taken' {
    const at = this.#now().toISOString()
    const row = this.#database
      .prepare(`
      INSERT INTO users (id, name, email, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING RETURNING ${columns}
    `)
      .get(id, name, email, at, at)
    return row === undefined ? 'email-taken' : recordOf<User>(row)
  }

  find(id: string): User | undefined {
    const row = this.#database.prepare(`SELECT ${columns} FROM users WHERE id = ?`).get(id)
    return row === undefined ? undefined : recordOf<User>(row)
  }

  list({ limit, offset }: Page): Listed<User> {
    const rows = this.#database.prepare(`SELECT ${columns} FROM users ORDER BY rowid LIMIT ? OFFSET ?`).all(limit, offset)
    const total = this.#database.prepare('SELECT count(*) AS total FROM users').get()?.['total']
    return { items: rows.map((row) => recordOf<User>(row)), total: Number(total), limit, offset }
  }

  replace(id: string, { name, email }: UserDetails): User | 'unknown' | 'email-taken' {
    return transaction(this.#database, () => {
      if (this.find(id) === undefined) return 'unknown'
      const row = this.#database
        .prepare(`
        UPDATE OR IGNORE users SET name = ?, email = ?, updated_at = ? WHERE id = ? RETURNING ${columns}
      `)
        .get(name, email, this.#now().toISOString(), id)
      return row === undefined ? 'email-taken' : recordOf<User>(row)
    })
  }

  /** False when there is no such user. */
  remove(id: string): boolean {
    return this.#database.prepare('DELETE FROM users WHERE id = ?').run(id).changes === 1
  }
}
