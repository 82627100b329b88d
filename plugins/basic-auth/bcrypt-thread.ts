import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import bcrypt from 'bcryptjs'

interface Question {
  readonly id: number
  readonly password: string
  readonly hash: string
}

interface Answer {
  readonly id: number
  readonly isRight: boolean
}

interface Asker {
  readonly resolve: (isRight: boolean) => void
  readonly reject: (error: Error) => void
}

const NAME = 'sallyport bcrypt'

/** Compares passwords with bcrypt hashes on a thread of its own, which lives from the first question on: requests go on meanwhile. */
export class BcryptThread {
  readonly #askers = new Map<number, Asker>()
  #worker: Worker | null = null
  #asked = 0

  /** @throws Error (rejects) when the thread died */
  compare(password: string, hash: string): Promise<boolean> {
    const id = ++this.#asked
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage({ id, password, hash } satisfies Question)
    return new Promise((resolve, reject) => {
      this.#askers.set(id, { resolve, reject })
    })
  }

  close(): void {
    void this.#worker?.terminate()
  }

  #start(): Worker {
    // This very file, whether it has been compiled or not.
    const worker = new Worker(new URL(import.meta.url), { name: NAME, workerData: NAME })
    worker.on('message', ({ id, isRight }: Answer) => {
      this.#askers.get(id)?.resolve(isRight)
      this.#askers.delete(id)
      // Idle, it keeps no process alive.
      if (this.#askers.size === 0) worker.unref()
    })
    worker.on('error', () => {})
    worker.on('exit', () => {
      this.#worker = null
      for (const { reject } of this.#askers.values()) reject(new Error('the thread that compares passwords has ended'))
      this.#askers.clear()
    })
    return worker
  }
}

if (!isMainThread && workerData === NAME) {
  parentPort?.on('message', ({ id, password, hash }: Question) => {
    parentPort?.postMessage({ id, isRight: bcrypt.compareSync(password, hash) } satisfies Answer)
  })
}
