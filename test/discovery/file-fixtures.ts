import { renameSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { createFileProvider } from '../../src/discovery/file/provider.ts'
import type { Source } from '../../src/discovery/types.ts'
import type { Clock } from '../../src/plugin-api/index.ts'
import { FakeClock, fakeRandom } from '../../src/plugin-api/testing-clock.ts'
import { systemClock } from '../../src/system/clock.ts'
import { Recorder } from './contract.ts'

/** Well below the time after which the file is looked at without an event. */
export const EVENT_LIMIT_MS = 3000

/** A clock that stands still, and remembers for how long it was asked to wait. */
export class ListeningClock extends FakeClock {
  readonly waits: number[] = []

  override after(ms: number, run: () => void): () => void {
    this.waits.push(ms)
    return super.after(ms, run)
  }
}

/** Follows a file until the test ends. */
export function watchFile(t: Test, path: string, clock: Clock = systemClock): Recorder & { readonly source: Source } {
  const provider = createFileProvider({ clock, random: fakeRandom() })
  const recorder = new Recorder()
  const source = provider.watch({ path }, recorder)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return Object.assign(recorder, { source })
}

/** Replaces a file in one step, so that nobody sees half of it. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
