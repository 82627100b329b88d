import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { AnswerReader } from './answer-reader.ts'
import type { Target } from './request.ts'

/** A connection that sends one request at a time: little more than the bytes, so that the driver is not what is measured. */
export class Connection {
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  /** Called with the status of each answer; when the connection ends, with 0 in place of an answer, or -1 when none was due. */
  onAnswer: (connection: Connection, status: number) => void = () => {}
  /** Whatever the driver wants to remember of the request that is on its way. */
  dueAt = 0
  isOpen = true
  isAnswerDue = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', () => this.#end())
    socket.on('close', () => this.#end())
  }

  static open({ port, isTls }: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = isTls ? tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }) : net.connect(port, '127.0.0.1')
      socket.once('error', reject)
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        socket.removeListener('error', reject)
        resolve(new Connection(socket))
      })
    })
  }

  /** Some at a time, or the queue of the listening socket would be what is measured. */
  static async openMany(target: Target, count: number): Promise<Connection[]> {
    const all: Connection[] = []
    while (all.length < count) {
      all.push(...(await Promise.all(Array.from({ length: Math.min(100, count - all.length) }, () => Connection.open(target)))))
    }
    return all
  }

  send(bytes: Buffer): void {
    this.isAnswerDue = true
    this.#socket.write(bytes)
  }

  close(): void {
    this.isOpen = false
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    try {
      if (!this.#reader.read(bytes)) return
    } catch {
      return this.#end()
    }
    this.isAnswerDue = false
    if (this.#reader.isLast) this.close()
    this.onAnswer(this, this.#reader.status)
  }

  #end(): void {
    if (!this.isOpen) return
    this.close()
    this.onAnswer(this, this.isAnswerDue ? 0 : -1)
  }
}
