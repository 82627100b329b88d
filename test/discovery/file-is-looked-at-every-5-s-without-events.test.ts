import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { watchFile } from './file-fixtures.ts'

const content = (last: number): Record<string, string> => ({ 'orders.yaml': `- http://10.0.0.${last}` })

t.test('a change that no event tells of is seen with the next look', async (t) => {
  const root = t.testdir({ 'release-1': content(1), 'release-2': content(2) })
  symlinkSync('release-1', join(root, 'current'))
  const clock = new FakeClock()
  const watched = watchFile(t, join(root, 'current/orders.yaml'), clock)
  await eventually(() => watched.answers.length === 1)
  // The folder above is not watched.
  symlinkSync('release-2', join(root, 'next'))
  renameSync(join(root, 'next'), join(root, 'current'))
  clock.advance(5000)
  await eventually(() => {
    // The quiet time after a change that was seen.
    clock.advance(100)
    return watched.answers.length > 1
  })
  t.strictSame(watched.origins, ['http://10.0.0.2'])
  t.strictSame(watched.failures, [])
})

t.test('a file that is as it was is told again', async (t) => {
  const path = join(t.testdir(content(1)), 'orders.yaml')
  const clock = new FakeClock()
  const watched = watchFile(t, path, clock)
  for (let round = 1; round <= 3; round++) {
    await eventually(() => watched.answers.length === round)
    clock.advance(5000)
  }
  t.equal(watched.answers[2], watched.answers[0], 'it was not read again')
  t.strictSame(watched.failures, [])
})

t.test('a file that has gone without an event is a failure', async (t) => {
  const root = t.testdir({ 'release-1': content(1) })
  symlinkSync('release-1', join(root, 'current'))
  const clock = new FakeClock()
  const watched = watchFile(t, join(root, 'current/orders.yaml'), clock)
  await eventually(() => watched.answers.length === 1)
  rmSync(join(root, 'current'))
  clock.advance(5000)
  await eventually(() => {
    clock.advance(100)
    return watched.failures.length > 0
  })
  t.match(watched.failures[0]?.message, /there is no such file/)
  t.equal(watched.answers.length, 1)
})
