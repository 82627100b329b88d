import { globSync, readFileSync } from 'node:fs'
import fc from '../support/property.ts'
import t from 'tap'
import { parseThoroughly } from '../../src/config/parse.ts'
import { readQuickly } from '../../src/config/quick-yaml.ts'

const DOCUMENT = `# A comment
version: 1
listeners: [{ address: ":8080" }]   # another
admin: { address: "\${A:-:9901}", 'it''s': [ ], more: {} }
limits:
  headers: 16KiB

  5: 1.50
  true: [-1, 007, ~, null, "a\\tb", 'x # y', 10.0.0.1, 12s, -x, ümläut]
plugins:
upstreams:
  orders:
    endpoints:
    - http://a
    -   url: http://b:80/c?d=e#f
        weight: 2
    - - nested
      - [a,
         b, # c
         { c: d }]
  other: plain text, with \${V} and 'quotes'
routes:
  - name: a b
    match: { path: /a/:id/*, hosts: ["*.a.b"] }
  -
    "name": c
    on: yes
`
const WRITTEN = new Set(DOCUMENT.split(/(\s+|[[\]{}:,&*"'#-])/))
const INDICATORS = ['- ', '? ', '|', '>', '!x', '&a', '*a', '<<: ', '%', '---\n', '...\n', ' #', '#', ': ', ':', '{', '}', '[', ']', ',', '@', '`']
const OTHERS = [
  '.nan',
  '0x1F',
  '1e3',
  '+1',
  '.5',
  '1.',
  '-0',
  '\t',
  '\r\n',
  '\u2028',
  '\\',
  '\\u0041',
  '\n',
  '\n  ',
  '\n    ',
  '${',
  '$${',
  '__proto__: 1\n',
  '='
]
const TOKENS = [...WRITTEN, ...INDICATORS, ...OTHERS]

/** Nothing when both agree; the thorough parser's problems count as disagreement with a quick reading. */
function disagreement(text: string): string | null {
  const quick = readQuickly(text)
  if (quick === null) return null
  const { root, issues } = parseThoroughly('gateway.yaml', text)
  return JSON.stringify({ root, issues }) === JSON.stringify({ root: quick, issues: [] }) ? null : text
}

t.test('a document is read quickly as it is thoroughly', (t) => {
  t.not(readQuickly(DOCUMENT), null)
  t.equal(disagreement(DOCUMENT), null)
  const files = globSync(['*.yaml', 'samples/**/*.yaml', 'docs/**/*.yaml', 'examples/**/*.yaml', 'deploy/**/*.yaml'])
  t.ok(files.length > 0)
  for (const file of files) t.equal(disagreement(readFileSync(file, 'utf8')), null, file)
  t.end()
})

t.test('so is one that was changed anywhere', (t) => {
  const edit = fc.record({ at: fc.nat(DOCUMENT.length), cut: fc.nat(12), put: fc.oneof(fc.constantFrom(...TOKENS), fc.string({ maxLength: 3 })) })
  let quick = 0
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let text = DOCUMENT
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut)
      if (readQuickly(text) !== null) quick++
      return disagreement(text) === null
    }),
    { numRuns: 1500 }
  )
  t.ok(quick > 150, `${quick} of them were read quickly`)
  t.end()
})

t.test('so is a text of nothing but tokens', (t) => {
  const text = fc.array(fc.constantFrom(...TOKENS, 'a: ', 'b: 1\n', '- c\n'), { maxLength: 12 }).map((tokens) => tokens.join(''))
  fc.assert(
    fc.property(text, (text) => disagreement(`k: ${text}`) === null && disagreement(text) === null),
    { numRuns: 1500 }
  )
  t.end()
})
