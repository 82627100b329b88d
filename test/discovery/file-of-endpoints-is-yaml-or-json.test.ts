import { join } from 'node:path'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { watchFile } from './file-fixtures.ts'

const list = [
  'http://10.0.0.1:80',
  { url: 'https://orders.test:8443', weight: 5, zone: 'north', tags: ['blue', 'new'] },
  { url: 'http://[2001:db8::1]' }
]
const instances = [
  { origin: 'http://10.0.0.1', weight: 1, zone: null, tags: [] },
  { origin: 'https://orders.test:8443', weight: 5, zone: 'north', tags: ['blue', 'new'] },
  { origin: 'http://[2001:db8::1]', weight: 1, zone: null, tags: [] }
]
const yaml = `- http://10.0.0.1:80
- url: https://orders.test:8443
  weight: 5
  zone: north
  tags: [blue, new] # some
- url: http://[2001:db8::1]
`

const forms: readonly { readonly what: string; readonly text: string }[] = [
  { what: 'a YAML list', text: yaml },
  { what: 'a YAML map', text: `version: 7\nendpoints:\n${yaml}` },
  { what: 'a JSON list', text: JSON.stringify(list) },
  { what: 'a JSON map, indented with tabs', text: JSON.stringify({ endpoints: list }, null, '\t') },
  { what: 'a list after a byte order mark', text: `\uFEFF${yaml}` }
]

for (const { what, text } of forms) {
  t.test(`${what} is read`, async (t) => {
    const watched = watchFile(t, join(t.testdir({ 'orders.yaml': text }), 'orders.yaml'), new FakeClock())
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.last, { instances, skipped: [] })
  })
}

for (const text of ['[]', 'endpoints: []', '{"endpoints": []}']) {
  t.test(`${text} is an empty answer`, async (t) => {
    const watched = watchFile(t, join(t.testdir({ 'orders.yaml': text }), 'orders.yaml'), new FakeClock())
    await eventually(() => watched.answers.length === 1)
    t.strictSame(watched.last, { instances: [], skipped: [] })
  })
}
