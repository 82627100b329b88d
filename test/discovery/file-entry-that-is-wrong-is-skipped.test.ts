import { join } from 'node:path'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { watchFile } from './file-fixtures.ts'

const cases: readonly { readonly entry: string; readonly named: string; readonly reason: RegExp }[] = [
  { entry: 'orders:3000', named: 'orders:3000', reason: /expected a url/ },
  { entry: 'http://orders:3000/path', named: 'http://orders:3000/path', reason: /no path/ },
  { entry: '{url: "http://10.0.0.9", weight: many}', named: 'http://10.0.0.9', reason: /"many" is no weight/ },
  { entry: '{url: "http://10.0.0.9", weight: 0.5}', named: 'http://10.0.0.9', reason: /0\.5 is no weight/ },
  { entry: '{url: "http://10.0.0.9", tags: blue}', named: 'http://10.0.0.9', reason: /list of texts under `tags`/ },
  { entry: '{weight: 3}', named: '{"weight":3}', reason: /expected a url/ },
  { entry: '42', named: '42', reason: /expected a url/ },
  { entry: 'null', named: 'null', reason: /expected a url/ },
  { entry: '"HTTP://10.0.0.1:80"', named: 'HTTP://10.0.0.1:80', reason: /listed twice/ }
]

for (const { entry, named, reason } of cases) {
  t.test(`${entry} is skipped, the others are told`, async (t) => {
    const path = join(t.testdir({ 'orders.yaml': `- http://10.0.0.1\n- ${entry}\n- http://10.0.0.2\n` }), 'orders.yaml')
    const watched = watchFile(t, path, new FakeClock())
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.origins, ['http://10.0.0.1', 'http://10.0.0.2'])
    t.match(watched.last?.skipped, [{ entry: named, reason }])
    t.equal(watched.last?.skipped.length, 1)
    t.strictSame(watched.failures, [])
  })
}
