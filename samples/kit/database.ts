import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * How long a statement waits for another process that is writing. The wait blocks this process, so it is shorter than
 * the time a caller is willing to wait for an answer.
 */
const busyTimeoutMs = 1_000

/** Opening competes with a replica that is opening the same new file, and nobody is waiting for an answer yet. */
const openTimeoutMs = 5_000
const openPauseMs = 20

const SQLITE_BUSY = 5

/**
 * Opens the file in write-ahead mode, so that replicas read while one of them writes, and applies the migrations that
 * it lacks. `migrations[n]` brings the schema from version n to n + 1; they are only ever appended to.
 */
export function openDatabase(location: string, migrations: readonly string[]): DatabaseSync {
  if (location !== ':memory:') mkdirSync(dirname(location), { recursive: true })
  const database = new DatabaseSync(location, { timeout: busyTimeoutMs })
  try {
    whenNotBusy(() => {
      database.exec('PRAGMA journal_mode = WAL')
    })
    whenNotBusy(() => {
      migrate(database, migrations)
    })
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

/**
 * Runs `work` as one transaction and gives its result; an error undoes it all. It takes the write lock at its start:
 * a transaction that reads first and asks for the lock later is refused without waiting when another wrote in between.
 */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** A row as the record it is: the columns of the query are its members, and a STRICT table holds what it declares. */
export function recordOf<T>(row: Record<string, unknown>): T {
  return { ...row } as T
}

export function isDatabaseBusy(error: unknown): boolean {
  // The low byte is the primary code; SQLITE_BUSY_SNAPSHOT and the like carry a detail above it.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
}

function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  // Asked without a lock first: a replica that joins a running one must not wait for its writes.
  if (schemaVersion(database) === migrations.length) return
  transaction(database, () => {
    const version = schemaVersion(database)
    if (version > migrations.length) {
      throw new Error(`The database has schema version ${version}, newer than the ${migrations.length} known here`)
    }
    for (const statements of migrations.slice(version)) database.exec(statements)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

/**
 * SQLite may answer "busy" at once, without its own waiting, when two processes switch the same new file to write-ahead
 * mode together: its busy handler is not asked where waiting could be a deadlock. Blocking is right here: the service has not started to listen.
 */
function whenNotBusy(work: () => void): void {
  for (let waitedMs = 0; ; waitedMs += openPauseMs) {
    try {
      return work()
    } catch (error) {
      if (!isDatabaseBusy(error) || waitedMs >= openTimeoutMs) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, openPauseMs)
    }
  }
}
