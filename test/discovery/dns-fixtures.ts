import type { Test } from 'tap'
import type { DnsQuery, DnsSettings } from '../../src/config/plan-discovery.ts'
import { createDnsProvider } from '../../src/discovery/dns/provider.ts'
import type { Source } from '../../src/discovery/types.ts'
import type { Clock, Random } from '../../src/plugin-api/index.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { Recorder } from './contract.ts'

/** A clock that stands still, and remembers for how long it was asked to wait. */
export class ListeningClock extends FakeClock {
  readonly waits: number[] = []

  override after(ms: number, run: () => void): () => void {
    this.waits.push(ms)
    return super.after(ms, run)
  }
}

/** Ids that cannot be guessed, and no chance otherwise. */
export const unjittered: Random = { ...createSystemRandom(), next: () => 0 }

export const settings: DnsSettings = { servers: [], minTtlMs: 1000, maxTtlMs: 60_000, timeoutMs: 2000 }

/** Follows a name until the test ends. */
export function watchName(
  t: Test,
  query: Partial<DnsQuery> & { readonly name: string },
  more: Partial<DnsSettings>,
  clock: Clock = new FakeClock(),
  random: Random = unjittered
): Recorder & { readonly source: Source } {
  const provider = createDnsProvider({ ...settings, ...more }, { clock, random })
  const recorder = new Recorder()
  const source = provider.watch({ type: 'a', port: 80, scheme: 'http', ...query }, recorder)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return Object.assign(recorder, { source })
}
