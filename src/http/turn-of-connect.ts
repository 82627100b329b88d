import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Of answers that came to a connection while another one was due: that other one. */
export type Predecessors = WeakMap<ServerResponse, ServerResponse>

/** Whether an answer still owns its connection, or waits for it: all may have been written without Node having said so yet. */
export function isDue(response: ServerResponse): boolean {
  return !response.destroyed && (response.socket !== null || !response.writableFinished)
}

/**
 * Runs something when the answers of a connection are out. Node hands CONNECT over at once, also behind requests whose answers are still due
 * and own the socket; and from then on it tells none of those that have no socket yet when the client goes away.
 * @param latest The answer that is the last one of those
 */
export function awaitTurn(socket: Duplex, latest: ServerResponse, predecessors: Predecessors, run: () => void): void {
  // Whatever follows CONNECT is thrown away, and a client that closes its side has gone, as everywhere in Node's server.
  socket
    .on('error', () => socket.destroy())
    .on('end', () => socket.end())
    .resume()
  socket.once('close', () => {
    for (let due: ServerResponse | undefined = latest; due !== undefined; due = predecessors.get(due)) abandon(due)
  })
  latest.once('close', () => {
    if (!socket.destroyed && latest.shouldKeepAlive) run()
  })
}

function abandon(response: ServerResponse): void {
  if (response.writableFinished || response.destroyed) return
  response.destroy()
  response.emit('close')
}
