import { watch, type FSWatcher } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

interface Opened {
  readonly watcher: FSWatcher
  readonly identity: string
}

/** Tells that something happened in the folders of a file. Editors and Kubernetes replace files, which a watch of the file would miss. */
export class FolderWatch {
  readonly #file: string
  readonly #onEvent: () => void
  readonly #opened = new Map<string, Opened>()
  #closed = false

  constructor(file: string, onEvent: () => void) {
    this.#file = file
    this.#onEvent = onEvent
  }

  /** Watches the folders that the file is in now: links lead elsewhere, folders are made again. Never throws. */
  async open(): Promise<void> {
    const wanted = new Map<string, string>()
    for (const folder of await foldersOf(this.#file)) {
      const identity = await identityOf(folder)
      if (identity !== null) wanted.set(folder, identity)
    }
    if (this.#closed) return
    for (const [folder, { identity }] of this.#opened) {
      // The watch of a folder that was removed is silent for ever, even when there is another one in its place.
      if (wanted.get(folder) !== identity) this.#drop(folder)
    }
    for (const [folder, identity] of wanted) this.#openOne(folder, identity)
  }

  close(): void {
    this.#closed = true
    for (const folder of this.#opened.keys()) this.#drop(folder)
  }

  #openOne(folder: string, identity: string): void {
    if (this.#opened.has(folder)) return
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        if (!this.#closed) this.#onEvent()
      })
      watcher.on('error', () => this.#drop(folder))
      this.#opened.set(folder, { watcher, identity })
    } catch {
      // The folder has just gone, or the system has no watches left: there is another way to notice changes.
    }
  }

  #drop(folder: string): void {
    this.#opened.get(folder)?.watcher.close()
    this.#opened.delete(folder)
  }
}

/** The folder of the file, and that of the file it is a link to. */
async function foldersOf(file: string): Promise<ReadonlySet<string>> {
  const folders = new Set([dirname(file)])
  try {
    folders.add(dirname(await realpath(file)))
  } catch {
    // There is no file yet.
  }
  return folders
}

/** Differs between two folders that stand at the same path one after the other; null when there is none. */
async function identityOf(folder: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeMs } = await stat(folder)
    return `${dev} ${ino} ${birthtimeMs}`
  } catch {
    return null
  }
}
