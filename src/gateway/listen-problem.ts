import { formatAddress } from '../config/address.ts'
import type { Plan } from '../config/plan.ts'

/** What the system's error codes mean to somebody who starts a gateway (listen(2), bind(2)). */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE on Linux)',
  EADDRNOTAVAIL: 'this machine has no such address'
}

/** What a start or a reload that failed says to an operator. */
export function wordsOf(error: unknown, plan: Pick<Plan, 'admin' | 'listeners'>): string {
  return listenProblem(error, plan) ?? (error instanceof Error ? error.message : String(error))
}

/** Which address of the file cannot be listened on, and why; null when the error is about something else. */
export function listenProblem(error: unknown, { admin, listeners }: Pick<Plan, 'admin' | 'listeners'>): string | null {
  const { code = '', address, port } = error as { code?: string; address?: string; port?: number }
  const reason = REASONS[code]
  if (reason === undefined || port === undefined) return null
  const places = [
    ...(admin === null ? [] : [{ at: 'admin.address', host: admin.host, port: admin.port }]),
    ...listeners.map((listener, i) => ({ at: `listeners[${i}].address`, host: listener.host, port: listener.port }))
  ].filter((place) => place.port === port)
  // The error has the address that a name such as localhost stands for.
  const place = places.find(({ host }) => host === address) ?? places[0]
  if (place === undefined) return null
  return `${place.at}: cannot listen on ${formatAddress(place)}: ${reason} (${code})`
}
