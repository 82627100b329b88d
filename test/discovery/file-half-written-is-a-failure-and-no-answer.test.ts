import { join } from 'node:path'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { ListeningClock, replaceFile, watchFile } from './file-fixtures.ts'

const halves: readonly { readonly what: string; readonly text: string; readonly says: RegExp }[] = [
  { what: 'nothing yet', text: '', says: /expected a list of endpoints/ },
  { what: 'a comment', text: '# orders\n', says: /expected a list of endpoints/ },
  { what: 'a key without its list', text: 'endpoints:\n', says: /expected a list of endpoints/ },
  { what: 'JSON that ends early', text: '[{"url":"http://10.0.0.1"},{"ur', says: /orders\.yaml: .* at line 1, column \d+/ },
  { what: 'YAML that ends early', text: '- url: "http://10.0.0.1', says: /orders\.yaml: Missing closing "quote/ },
  { what: 'something else', text: 'orders: 3\n', says: /expected a list of endpoints/ },
  { what: 'two documents', text: '- http://10.0.0.1\n---\n- http://10.0.0.2\n', says: /multiple documents/ }
]

for (const { what, text, says } of halves) {
  t.test(`a file with ${what} is a failure, and read again when it is complete`, async (t) => {
    const path = join(t.testdir({ 'orders.yaml': '- http://10.0.0.1\n- http://10.0.0.2\n' }), 'orders.yaml')
    const clock = new FakeClock()
    const watched = watchFile(t, path, clock)
    await eventually(() => watched.answers.length === 1)
    replaceFile(path, text)
    watched.source.refresh()
    await eventually(() => watched.failures.length === 1)
    t.match(watched.failures[0]?.message, says)
    t.notMatch(watched.failures[0]?.message, '\n')
    t.equal(watched.answers.length, 1, 'the last answer stays')
    replaceFile(path, '- http://10.0.0.1\n- http://10.0.0.3\n')
    clock.advance(100)
    await eventually(() => watched.answers.length > 1)
    t.strictSame(watched.origins, ['http://10.0.0.1', 'http://10.0.0.3'])
  })
}

t.test('a file that stays away is looked for with pauses that grow to 5 s', async (t) => {
  const path = join(t.testdir({}), 'orders.yaml')
  const clock = new ListeningClock()
  const watched = watchFile(t, path, clock)
  for (let round = 1; round <= 8; round++) {
    await eventually(() => watched.failures.length === round)
    clock.advance(clock.waits.at(-1) ?? 0)
  }
  await eventually(() => watched.failures.length === 9)
  const [first = 0, last = 0] = [clock.waits[0], clock.waits.at(-1)]
  t.ok(first >= 50 && first <= 100, `${first} ms`)
  t.ok(last >= 2500 && last <= 5000, `${last} ms`)
  replaceFile(path, '[]')
  clock.advance(5000)
  await eventually(() => watched.answers.length > 0)
  t.strictSame(watched.last, { instances: [], skipped: [] })
})

t.test('a folder in place of the file is a failure', async (t) => {
  const watched = watchFile(t, t.testdir({}), new FakeClock())
  await eventually(() => watched.failures.length === 1)
  t.match(watched.failures[0]?.message, /it is not a file/)
})
