import { joinedValue } from './header-fields.ts'

/** Interim answers of one attempt; nothing else would end an endpoint that sends them for ever. */
const MOST_INTERIMS = 100

/** What is wrong with an interim answer; null when nothing is. @param count How many there were, with this one. */
export function interimFault(status: number, count: number): string | null {
  if (status === 101) return 'a switch of protocols that was not asked for'
  if (status < 100) return 'a status below 100'
  return count > MOST_INTERIMS ? 'too many interim answers' : null
}

/** The same for a switch of protocols: a server may only switch to what it was offered (RFC 9110 section 7.8). */
export function switchFault(headers: readonly string[], token: string | undefined): string | null {
  return joinedValue(headers, 'upgrade')?.toLowerCase() === token ? null : 'a switch to another protocol than the one asked for'
}
