import t from 'tap'
import { parsePathPattern } from '../../src/routing/path-pattern.ts'

const wrong: ReadonlyArray<readonly [string, number, RegExp]> = [
  ['', 0, /empty/],
  ['*', 0, /"\/\*"/],
  ['users', 0, /starts with "\/"/],
  ['/a/**', 3, /any depth/],
  ['/a/*/b', 3, /last segment/],
  ['/a/b*', 4, /stand alone/],
  ['/a/:x*', 5, /one segment/],
  ['/a/:', 3, /needs a name/],
  ['/a/:1x', 3, /not a parameter name/],
  ['/v/:id.json', 3, /pathRegex/],
  ['/:id/:id', 5, /twice/],
  ['/a?b=1', 2, /no query/],
  ['/a#b', 2, /no fragment/],
  ['/a;b', 2, /pathRegex/],
  ['/{id}', 1, /":name"/],
  ['/a b', 2, /percent-encoded/],
  ['/é', 1, /%C3%A9/],
  ['/a//b', 3, /"\/\/"/],
  ['//', 1, /"\/\/"/],
  ['/a/./b', 3, /dot segment/],
  ['/a/..', 3, /dot segment/],
  ['/%61dmin', 1, /is "a"/],
  ['/%c3', 1, /%C3/],
  ['/%zz', 1, /hexadecimal/],
  ['/a%2', 2, /hexadecimal/],
  ['/a%5C', 2, /refuses/],
  ['/a\\b', 2, /backslash/]
]

for (const [text, offset, reason] of wrong) {
  t.test(`${JSON.stringify(text)} is refused with a reason and its place`, async (t) => {
    t.match(parsePathPattern(text), { ok: false, offset, reason })
  })
}

t.test('what is right is taken apart', async (t) => {
  t.strictSame(parsePathPattern('/a/:id/b.c~/*'), {
    ok: true,
    pattern: {
      segments: [
        { kind: 'literal', text: 'a' },
        { kind: 'param', name: 'id' },
        { kind: 'literal', text: 'b.c~' }
      ],
      wildcard: true
    }
  })
  t.strictSame(parsePathPattern('/'), { ok: true, pattern: { segments: [{ kind: 'literal', text: '' }], wildcard: false } })
  t.strictSame(parsePathPattern('/*'), { ok: true, pattern: { segments: [], wildcard: true } })
  t.match(parsePathPattern("/a:b/@x/$&'()+,=!/%C3%A9/%2F"), { ok: true })
})
