import type { DatabaseSync } from 'node:sqlite'
import { recordOf } from '../kit/database.ts'
import type { Listed, Page } from '../kit/page.ts'

export interface NotificationDetails {
  userId: string
  subject: string
  message: string
}

export interface Notification extends NotificationDetails {
  id: string
  createdAt: string
}

export const notificationMigrations = [
  `
  CREATE TABLE notifications (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX notifications_by_user ON notifications (user_id);
`
]

const columns = 'id, user_id AS userId, subject, message, created_at AS createdAt'
const ofUser = 'WHERE :userId IS NULL OR user_id = :userId'

export class NotificationStore {
  readonly #database: DatabaseSync
  readonly #now: () => Date
  readonly #newId: () => string

  constructor(database: DatabaseSync, { now, newId }: { now: () => Date; newId: () => string }) {
    this.#database = database
    this.#now = now
    this.#newId = newId
  }

  create(details: NotificationDetails): Notification {
    const notification = { id: this.#newId(), ...details, createdAt: this.#now().toISOString() }
    const { id, userId, subject, message, createdAt } = notification
    this.#database
      .prepare('INSERT INTO notifications (id, user_id, subject, message, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(id, userId, subject, message, createdAt)
    return notification
  }

  find(id: string): Notification | undefined {
    const row = this.#database.prepare(`SELECT ${columns} FROM notifications WHERE id = ?`).get(id)
    return row === undefined ? undefined : recordOf<Notification>(row)
  }

  /** Newest first; without a user, those of everybody. */
  list(userId: string | undefined, { limit, offset }: Page): Listed<Notification> {
    const filter = { userId: userId ?? null }
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM notifications ${ofUser} ORDER BY rowid DESC LIMIT :limit OFFSET :offset`)
      .all({ ...filter, limit, offset })
    const total = this.#database.prepare(`SELECT count(*) AS total FROM notifications ${ofUser}`).get(filter)?.['total']
    return { items: rows.map((row) => recordOf<Notification>(row)), total: Number(total), limit, offset }
  }
}
