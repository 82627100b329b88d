import { Duration, Type } from '../plugin-api/schema.ts'
import { CLOSED, OrOff } from './schema-parts.ts'

export const WebSocketLimits = Type.Object(
  {
    idle: OrOff(Duration({ description: 'A time.' }), {
      description: 'A WebSocket without a byte in either direction for so long is closed; `off` for no limit.',
      default: '1h'
    }),
    maxAge: Type.Optional(Duration({ description: 'A WebSocket is closed after so long, at the end of a frame; without it no limit.' })),
    maxConnections: Type.Optional(
      Type.Integer({ description: 'WebSockets that may be open at the same time; without it no limit.', minimum: 1, maximum: 1_000_000 })
    )
  },
  { ...CLOSED, description: 'Limits on WebSockets.', default: {} }
)

/** One of the `timeouts`. */
export const StreamTimeout = OrOff(Duration({ description: 'A time.' }), {
  description: 'Longest silence within an event stream (`text/event-stream`), in place of `idle`; `off` for no limit.',
  default: '1h'
})
