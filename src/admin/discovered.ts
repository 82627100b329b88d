import type { WatchStatus } from '../discovery/service-watch.ts'
import type { FollowedService } from './desk.ts'

/** Where the endpoints of an upstream come from and how far that can be trusted. Ages in seconds, times in ms since the Unix epoch. */
export function describeWatch(watch: FollowedService, wall: number): object {
  const { provider, service, lastAnswerMs, failingSinceMs, lastError, restoredFromMs, skipped, held, wallOffsetMs } = watch.status
  return {
    provider,
    service,
    lastAnswer: lastAnswerMs,
    ageSeconds: lastAnswerMs === null ? null : Math.max(0, Math.round((wall - lastAnswerMs) / 1000)),
    stale: failingSinceMs !== null,
    ...(failingSinceMs === null ? {} : { failingSince: failingSinceMs, lastError }),
    ...(restoredFromMs === null ? {} : { restoredFrom: restoredFromMs }),
    ...(held.length === 0
      ? {}
      : { held: held.map(({ member, reason, untilMs }) => ({ url: member.origin, reason, until: Math.round(untilMs + wallOffsetMs) })) }),
    ...(skipped.length === 0 ? {} : { skipped })
  }
}

/** What one endpoint of an upstream has to say of its origin. */
export function provenance(watch: FollowedService | null, origin: string): object {
  if (watch === null) return { source: 'config' }
  const { provider, held, restoredFromMs } = watch.status
  const instance = watch.instances.find((one) => one.origin === origin)
  const hold = held.find(({ member }) => member.origin === origin)
  return {
    source: provider,
    ...(instance === undefined || instance.tags.length === 0 ? {} : { tags: instance.tags }),
    ...(hold === undefined ? {} : { held: hold.reason }),
    ...(restoredFromMs === null ? {} : { restored: true })
  }
}

/** Why an upstream cannot be used yet; null when it can. */
export function waitReason(upstream: string, status: WatchStatus): string | null {
  if (status.isKnown) return null
  const { provider, service, lastError } = status
  return `the upstream ${upstream} waits for the first answer about ${service} from ${provider}${lastError === null ? '' : `: ${lastError}`}`
}

/** A gateway stays ready while a registry is away: it has endpoints. Whoever asks is told all the same. */
export function staleness(view: { discovered(): ReadonlyMap<string, FollowedService> }): { readonly stale?: readonly string[] } {
  const stale = [...view.discovered()].flatMap(([upstream, { status }]) =>
    status.failingSinceMs !== null && status.isKnown
      ? [`the upstream ${upstream}: ${status.provider} does not answer: ${String(status.lastError)}`]
      : []
  )
  return stale.length === 0 ? {} : { stale }
}
