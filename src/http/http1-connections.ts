import type http from 'node:http'
import type { ServerResponse } from 'node:http'
import { Server as TcpServer, type Socket } from 'node:net'

/** Open connections of HTTP/1 with the answer to their latest request; null before the first one. */
export type Connections = Map<Socket, ServerResponse | null>

/** Resolves when the last connection is gone. */
export function closeServer(server: http.Server, connections: Connections): Promise<void> {
  return new Promise((resolve) => {
    // Not the method of http.Server: it begins by destroying connections whose last answer has been handed over but not yet sent.
    TcpServer.prototype.close.call(server, () => {
      // Now nothing is left to destroy; this ends Node's own checks of the server's connections.
      server.close(() => {})
      resolve()
    })
    closeWhenIdle(server, connections)
  })
}

/** Closes what is idle now, and later what was about to be kept alive when the end began. */
function closeWhenIdle(server: http.Server, connections: Connections): void {
  const watched = new WeakSet<ServerResponse>()
  let scheduled = false
  const watch = (response: ServerResponse): void => {
    if (watched.has(response)) return
    watched.add(response)
    response.once('close', schedule)
  }
  // A turn of the event loop later, once for all that end in this one; requests that have already arrived are read in between.
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() =>
      setImmediate(() => {
        scheduled = false
        closeIdle()
      })
    )
  }
  const closeIdle = (): void => {
    let sending = false
    for (const [socket, response] of connections) {
      // Node takes a connection without any request for a slow one and would wait for it.
      if (response === null && socket.bytesRead === 0) socket.destroy()
      // Node would take it for idle and cut the answer off.
      if (response === null || !response.writableEnded || !isUnsent(response)) continue
      sending = true
      watch(response)
    }
    if (!sending) server.closeIdleConnections()
  }
  for (const response of connections.values()) if (isUnsent(response)) watch(response)
  schedule()
}

export function isUnsent(response: ServerResponse | null): response is ServerResponse {
  return response !== null && !response.writableFinished && !response.destroyed
}
