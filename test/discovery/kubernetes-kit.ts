import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { KubernetesQuery, KubernetesSettings } from '../../src/config/plan-discovery.ts'
import { createKubernetesProvider } from '../../src/discovery/kubernetes/provider.ts'
import type { ProviderDeps, Source } from '../../src/discovery/types.ts'
import type { Clock } from '../../src/plugin-api/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { Recorder } from './contract.ts'

/** Waits between attempts are cut short; time limits, which are longer, are not. */
export const impatientClock: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms < 6000 ? Math.min(ms, 10) : ms, run)
}

/** Settings with files that are not there. */
export function kubernetesSettings(apiServer: string, more: Partial<KubernetesSettings> = {}): KubernetesSettings {
  return {
    apiServer,
    tokenFile: '/nowhere/token',
    caFile: '/nowhere/ca.crt',
    namespace: 'default',
    namespaceFile: '/nowhere/namespace',
    ...more
  }
}

export function kubernetesQuery(service: string, more: Partial<KubernetesQuery> = {}): KubernetesQuery {
  return { service, namespace: null, port: null, scheme: 'http', ...more }
}

/** An endpoint that is ready, at each of the addresses. */
export function endpoint(addresses: string | readonly string[], more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { addresses: [addresses].flat(), conditions: { ready: true, serving: true, terminating: false }, ...more }
}

/** Follows one service until the test ends. */
export function follow(
  t: Test,
  settings: KubernetesSettings,
  query: KubernetesQuery = kubernetesQuery('orders'),
  deps: Partial<ProviderDeps> = {}
): Recorder & { readonly source: Source } {
  const provider = createKubernetesProvider(settings, { clock: systemClock, random: createSystemRandom(), ...deps })
  const recorder = new Recorder()
  const source = provider.watch(query, recorder)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return Object.assign(recorder, { source })
}

/** A file of the test's own directory. */
export function fileOf(t: Test, name: string, text: string): string {
  const path = join(t.testdir(), name)
  writeFileSync(path, text)
  return path
}
