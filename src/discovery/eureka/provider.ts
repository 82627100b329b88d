import type { EurekaQuery, EurekaSettings } from '../../config/plan-discovery.ts'
import { createHttpClient } from '../http-client.ts'
import type { Observer, Provider, ProviderDeps, Source } from '../types.ts'
import { instancesOf } from './instances.ts'
import { EurekaPoller } from './poller.ts'

interface Follower {
  readonly query: EurekaQuery
  readonly observer: Observer
}

/**
 * Applications of a Eureka server. It tells all of them together, so one copy of its registry serves all who follow one
 * (github.com/Netflix/eureka/wiki, "Eureka REST operations" and "Understanding eureka client server communication").
 */
export function createEurekaProvider(settings: EurekaSettings, deps: ProviderDeps): Provider<EurekaQuery> {
  const { username, password, addresses, tls } = settings
  const basic = username === null ? null : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
  const headers = (): Record<string, string> => (basic === null ? {} : { authorization: basic })
  const http = createHttpClient({ addresses, tls, clock: deps.clock, maxConnections: 1, headers })
  const followers = new Set<Follower>()
  const poller = new EurekaPoller({ settings, http, deps, onRegistry: tellAll, onFailure: failAll })

  function tell(follower: Follower): void {
    const { registry } = poller
    if (registry === null || !followers.has(follower)) return
    const answer = instancesOf(registry, follower.query)
    follower.observer.onAnswer(poller.isRefilling ? { ...answer, refilling: true } : answer)
  }

  function tellAll(): void {
    for (const follower of followers) tell(follower)
  }

  function failAll(error: Error): void {
    for (const follower of followers) follower.observer.onFailure(error)
  }

  return {
    watch(query, observer): Source {
      const follower: Follower = { query, observer }
      followers.add(follower)
      poller.start()
      // What is known need not be waited for.
      if (poller.registry !== null) queueMicrotask(() => tell(follower))
      return {
        refresh() {
          if (followers.has(follower)) poller.refresh()
        },
        stop() {
          followers.delete(follower)
          if (followers.size === 0) poller.stop()
        }
      }
    },
    close() {
      poller.stop()
      http.close()
    }
  }
}
