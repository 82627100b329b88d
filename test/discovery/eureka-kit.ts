import type { Test } from 'tap'
import type { EurekaQuery, EurekaSettings } from '../../src/config/plan-discovery.ts'
import { createEurekaProvider } from '../../src/discovery/eureka/provider.ts'
import type { Provider, ProviderDeps, Source } from '../../src/discovery/types.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { Recorder } from './contract.ts'

/** Between two polls that nobody should wait for. */
export const NEVER_MS = 3_600_000

export function eurekaSettings(address: string, more: Partial<EurekaSettings> = {}): EurekaSettings {
  return { addresses: [address], username: null, password: null, tls: null, intervalMs: 50, ...more }
}

export function eurekaQuery(app: string, more: Partial<EurekaQuery> = {}): EurekaQuery {
  return { app, scheme: 'http', ...more }
}

/** A provider that is closed with the test. */
export function eurekaProvider(t: Test, settings: EurekaSettings, deps: Partial<ProviderDeps> = {}): Provider<EurekaQuery> {
  const provider = createEurekaProvider(settings, { clock: systemClock, random: createSystemRandom(), ...deps })
  t.teardown(() => provider.close())
  return provider
}

/** Follows one application until the test ends. */
export function follow(t: Test, provider: Provider<EurekaQuery>, query: EurekaQuery = eurekaQuery('orders')): Recorder & { readonly source: Source } {
  const recorder = new Recorder()
  const source = provider.watch(query, recorder)
  t.teardown(() => source.stop())
  return Object.assign(recorder, { source })
}
