import { StoreUnavailable } from '../../plugin-api/limits/store.ts'

/** What an error of the client means. Its own message stays behind: ioredis puts arguments of commands, passwords among them, on its errors. */
export function unavailableFrom(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  const text = messageOf(error)
  if (text === 'Command timed out') return new StoreUnavailable('timeout', 'Redis did not answer in time')
  const code = replyCode(error)
  if (code !== null) return new StoreUnavailable('failed', `Redis answered ${code}`)
  return new StoreUnavailable('disconnected', 'the connection to Redis is closed')
}

/** `NOSCRIPT`, `MOVED`, `OOM` …: the first word of an answer that is an error, or null when it is none of Redis. */
export function replyCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null
  return /^[A-Z][A-Z0-9_]*(?= |$)/.exec(error.message)?.[0] ?? 'an error'
}

/** Why a connection failed, in words for a log: a code of the system or of Redis, never a text that could hold what was sent. */
export function connectionFault(error: unknown): string {
  const code = replyCode(error) ?? (error as { readonly code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  const text = messageOf(error)
  return SAFE_TEXTS.find((safe) => text.startsWith(safe)) ?? 'closed'
}

const SAFE_TEXTS = ['All sentinels are unreachable', 'Command timed out', 'Failed to refresh slots cache', 'Socket timeout']

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
