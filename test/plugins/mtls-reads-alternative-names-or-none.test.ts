import t from 'tap'
import { parseAlternativeNames } from '../../plugins/mtls/alternative-names.ts'
import fc from '../support/property.ts'

t.test('a text that is not understood to its end has no names', async (t) => {
  t.strictSame(parseAlternativeNames('DNS:a.example, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://x/y, Registered ID:1.2.3'), {
    dns: ['a.example'],
    uris: ['spiffe://x/y']
  })
  for (const text of [undefined, '', 'DNS', 'DNS:a, x', 'DNS:a,URI:b', 'DNS:a, "URI:b"', 'DNS:a"b, URI:c', 'DNS:"\\x", URI:c', 'DNS:"a']) {
    t.strictSame(parseAlternativeNames(text), { dns: [], uris: [] }, String(text))
  }
})

t.test('whatever names a certificate has, they are read as they are', async () => {
  const name = fc.record({ kind: fc.constantFrom('DNS', 'URI', 'email'), value: fc.string({ minLength: 1 }) })
  // As Node prints them: a comma is written as an escape, so that it never stands for the end of a name.
  const print = (value: string): string => (/^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value).replaceAll(',', '\\u002c'))
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const read = parseAlternativeNames(names.map(({ kind, value }) => `${kind}:${print(value)}`).join(', '))
      const of = (wanted: string): string[] => names.flatMap(({ kind, value }) => (kind === wanted ? value : []))
      return JSON.stringify(read) === JSON.stringify({ dns: of('DNS').map((value) => value.toLowerCase()), uris: of('URI') })
    })
  )
})
