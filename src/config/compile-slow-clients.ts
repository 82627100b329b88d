import { durationMs, sizeBytes } from '../plugin-api/units.ts'
import { unlessOff } from './compile-limits.ts'
import type { ClientTimeoutsPlan } from './plan.ts'
import type { GatewayDocument, UpstreamDocument } from './schema-document.ts'

type ClientTimeoutsDocument = GatewayDocument['clientTimeouts']

export function compileClientTimeouts(timeouts: ClientTimeoutsDocument): ClientTimeoutsPlan {
  const bodyIdleMs = durationMs(timeouts.bodyIdle)
  const graceMs = durationMs(timeouts.uploadGrace)
  const uploadRate = unlessOff(timeouts.minUploadRate, sizeBytes) ?? 0
  const stallMs = unlessOff(timeouts.writeStall, durationMs) ?? 0
  const downloadRate = unlessOff(timeouts.minDownloadRate, sizeBytes) ?? 0
  return {
    headersMs: durationMs(timeouts.headers),
    bodyIdleMs,
    // What was sent faster counts for later as long as silence may last anyway.
    uploadRate: uploadRate === 0 ? null : { bytesPerSecond: uploadRate, graceMs, maxMs: Math.max(bodyIdleMs, graceMs) },
    downloadRate: stallMs === 0 ? null : { bytesPerSecond: downloadRate, graceMs: stallMs, maxMs: stallMs },
    keepAliveMs: durationMs(timeouts.keepAlive)
  }
}

export function compileRequestBuffer(buffer: UpstreamDocument['bufferRequestBody'] | undefined): number {
  return unlessOff(buffer, sizeBytes) ?? 0
}
