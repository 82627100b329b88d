import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { ListeningClock, watchFile } from './file-fixtures.ts'

t.test('a list that is written piece by piece is read when its writer has been quiet for 100 ms', async (t) => {
  const path = join(t.testdir({ 'orders.yaml': '- http://10.0.0.1\n- http://10.0.0.2\n' }), 'orders.yaml')
  const clock = new ListeningClock()
  const watched = watchFile(t, path, clock)
  await eventually(() => watched.answers.length === 1)
  const write = async (append: (path: string, text: string) => void, text: string): Promise<void> => {
    const before = clock.waits.length
    append(path, text)
    await eventually(() => clock.waits.length > before)
    clock.advance(60)
  }
  // The first piece alone would be a list of one.
  await write(writeFileSync, '- http://10.0.0.1\n')
  await write(appendFileSync, '- http://10.0.0.2\n')
  await write(appendFileSync, '- http://10.0.0.3\n')
  clock.advance(100)
  await eventually(() => watched.answers.length > 1)
  t.strictSame(
    watched.answers.map(({ instances }) => instances.length),
    [2, 3]
  )
  t.strictSame(watched.failures, [])
})

t.test('other files of the folder that never come to rest do not keep it from being read', async (t) => {
  const root = t.testdir({ 'orders.yaml': '- http://10.0.0.1' })
  const clock = new ListeningClock()
  const watched = watchFile(t, join(root, 'orders.yaml'), clock)
  await eventually(() => watched.answers.length === 1)
  writeFileSync(join(root, 'orders.yaml'), '- http://10.0.0.2')
  // An event every 90 ms, for longer than the second after which the file is read anyway.
  for (let line = 1; line <= 13; line++) {
    const before = clock.waits.length
    appendFileSync(join(root, 'busy.log'), 'line\n')
    await eventually(() => clock.waits.length > before)
    clock.advance(90)
  }
  await eventually(() => watched.origins?.[0] === 'http://10.0.0.2')
  t.strictSame(watched.failures, [])
})
