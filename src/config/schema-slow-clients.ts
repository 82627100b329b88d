import { Duration, Size, Type } from '../plugin-api/schema.ts'
import { CLOSED, OrOff } from './schema-parts.ts'

export const ClientTimeouts = Type.Object(
  {
    headers: Duration({ description: 'Time for a client to send the head of a request; 408 past it.', default: '10s' }),
    bodyIdle: Duration({ description: 'Longest silence while a client sends a body; 408 past it.', default: '30s' }),
    minUploadRate: OrOff(Size({ description: 'A size.' }), {
      description: 'Bytes a second that a client must send of a body, on average; 408 below it. `off` leaves the rule out.',
      default: '240B'
    }),
    uploadGrace: Duration({ description: 'Time before `minUploadRate` can end a request.', default: '5s' }),
    writeStall: OrOff(Duration({ description: 'A time.' }), {
      description: 'Longest time in which a client takes nothing of an answer that waits for it; its connection is cut then. `off` for no limit.',
      default: '60s'
    }),
    minDownloadRate: OrOff(Size({ description: 'A size.' }), {
      description: 'Bytes a second that a client must take of an answer that waits for it, on average over `writeStall`; `off` leaves the rule out.',
      default: '240B'
    }),
    keepAlive: Duration({ description: 'How long an idle client connection is kept open.', default: '72s' })
  },
  { ...CLOSED, description: 'Time limits towards clients.', default: {} }
)

/** The same in upstreams and routes. */
export function RequestBuffer(options: { readonly default?: string }) {
  return OrOff(Size({ description: 'A size.' }), {
    description:
      'How much of the body of a request is waited for before a place, a permit or a connection is taken for it; a longer body streams from there on. `off` begins at once.',
    ...options
  })
}
