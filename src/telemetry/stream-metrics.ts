import { Counter, Gauge, type Registry } from 'prom-client'
import type { StreamObserver } from '../proxy/open-streams.ts'

/** WebSockets and event streams that are open, and how WebSockets ended. */
export function observeStreams(registry: Registry): StreamObserver {
  const registers = [registry]
  const active = new Gauge({ name: 'sallyport_streams_active', help: 'Open WebSockets and event streams', labelNames: ['kind'], registers })
  const ended = new Counter({ name: 'sallyport_websocket_closed_total', help: 'WebSockets by who ended them', labelNames: ['reason'], registers })
  return {
    opened: (kind) => active.inc({ kind }),
    closed(kind, end) {
      active.dec({ kind })
      if (kind === 'websocket') ended.inc({ reason: end })
    }
  }
}
