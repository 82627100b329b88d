import type { Clock } from '../../plugin-api/index.ts'
import type { AnswerChange } from './answer-errors.ts'
import type { PresenceChange } from './presence.ts'
import type { Script } from './script.ts'

/** A server that went or is back. */
export interface ServerChange extends PresenceChange {
  /** `redis`, or `host:port` of a node of a cluster. */
  readonly server: string
}

/** A server that answers with errors, or no longer does. */
export interface ServerErrors extends AnswerChange {
  readonly server: string
}

export interface ServersOptions {
  readonly script: Script
  readonly clock: Clock
  readonly timeoutMs: number
  readonly cooldownMs: number
  readonly onChange: (change: ServerChange) => void
  readonly onErrors: (change: ServerErrors) => void
}
