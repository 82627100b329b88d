import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Clock } from '../plugin-api/index.ts'

/** How long a client is listened to after the last answer of its connection. */
const LINGER_MS = 2_000
const CHECK_MS = 250
/** What is read and thrown away in this time; more is not worth it. */
const LINGER_BYTES = 16 * 1024 * 1024

/**
 * Ends connections whose client is still sending: our side is closed at once, what comes is thrown away for a while, and only then the
 * connection is closed. A close with bytes unread is a reset to the client, which may lose the answer by it (RFC 9112 section 9.6).
 */
export class Lingering {
  readonly #clock: Clock
  readonly #sockets = new WeakSet<Socket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether the last answer is out and what still comes means nothing. */
  has(socket: Socket): boolean {
    return this.#sockets.has(socket)
  }

  /** @param request The one whose rest is on its way, if it was one: behind it there is nothing to wait for. */
  close(socket: Socket, request: IncomingMessage | null): void {
    if (this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    if (!socket.writableEnded) socket.end()
    if (request === null) socket.resume()
    else request.once('end', () => destroySoon(socket)).resume()
    const most = socket.bytesRead + LINGER_BYTES
    let checks = LINGER_MS / CHECK_MS
    const check = (): void => {
      if (--checks === 0 || socket.bytesRead > most) socket.destroy()
      else cancel = this.#clock.after(CHECK_MS, check)
    }
    let cancel = this.#clock.after(CHECK_MS, check)
    socket.once('close', () => cancel())
  }
}

/** Node closes a connection by this after its last answer, whether or not its request has been read to the end. */
function destroySoon(socket: Socket): void {
  Socket.prototype.destroySoon.call(socket)
}

/** Lets a connection linger where Node would close it while the rest of its request is on the way. */
export function lingerAfterLastAnswer(socket: Socket, lingering: Lingering, latestRequest: () => IncomingMessage | undefined): void {
  socket.destroySoon = () => {
    const request = latestRequest()
    if (request === undefined || request.complete || socket.destroyed) destroySoon(socket)
    else lingering.close(socket, request)
  }
}
