import { join } from 'node:path'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { replaceFile, watchFile } from './file-fixtures.ts'

t.test('a refresh waits neither for an event nor for the clock', async (t) => {
  const path = join(t.testdir({ 'orders.yaml': '- http://10.0.0.1' }), 'orders.yaml')
  const watched = watchFile(t, path, new FakeClock())
  await eventually(() => watched.answers.length === 1)
  replaceFile(path, '- http://10.0.0.2')
  watched.source.refresh()
  await eventually(() => watched.answers.length === 2)
  t.strictSame(watched.origins, ['http://10.0.0.2'])
})

t.test('refreshes during a reading read once more, after it', async (t) => {
  const path = join(t.testdir({ 'orders.yaml': '- http://10.0.0.1' }), 'orders.yaml')
  const watched = watchFile(t, path, new FakeClock())
  watched.source.refresh()
  watched.source.refresh()
  await eventually(() => watched.answers.length === 2)
  watched.source.refresh()
  await eventually(() => watched.answers.length === 3)
  t.strictSame(watched.failures, [])
})
