import { isReasonPhrase, joinedValue } from './header-fields.ts'

/** Interim answers of one attempt; nothing else would end an endpoint that sends them for ever. */
const MOST_INTERIMS = 100

/** What undici takes for an answer although nobody may pass it on; null when there is nothing wrong with its head. */
export function headFault(statusText: string, headers: readonly string[]): string | null {
  const coding = joinedValue(headers, 'transfer-encoding')
  // It would go to the client without its name (RFC 9112 section 6.1).
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 'a transfer coding other than chunked'
  return isReasonPhrase(statusText) ? null : 'a control character in the status line'
}

/** The same for an interim answer. @param count How many there were, with this one. */
export function interimFault(status: number, count: number): string | null {
  if (status === 101) return 'a switch of protocols that was not asked for'
  if (status < 100) return 'a status below 100'
  return count > MOST_INTERIMS ? 'too many interim answers' : null
}

/** The same for a switch of protocols: a server may only switch to what it was offered (RFC 9110 section 7.8). */
export function switchFault(headers: readonly string[], token: string | undefined): string | null {
  return joinedValue(headers, 'upgrade')?.toLowerCase() === token ? null : 'a switch to another protocol than the one asked for'
}
