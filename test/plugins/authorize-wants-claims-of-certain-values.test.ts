import t from 'tap'
import { benchAuthorize } from '../support/authorize-auth.ts'

const cases: readonly (readonly [condition: unknown, good: readonly unknown[], bad: readonly unknown[]])[] = [
  ['shop', ['shop'], ['Shop', 'shops', ['shop'], { shop: true }, null, undefined]],
  [1, [1], ['1', [1], true]],
  [true, [true], ['true', 1, false]],
  [
    ['a', 2],
    ['a', 2, ['x', 2]],
    ['2', 'ab', [], [['a']], undefined]
  ],
  [{ equals: 'a' }, ['a'], [['a'], 'b']],
  [{ contains: 'a' }, [['a'], ['b', 'a']], ['a', 'ba', ['ba'], [], [['a']]]],
  [{ any: ['a', 'b'] }, ['a', ['x', 'b']], ['x', [], 'ab']],
  [{ all: ['a', 'b'] }, [['b', 'x', 'a']], [['a'], 'a', 'ab', []]],
  [{ all: ['a'] }, ['a', ['a', 'b']], ['b', []]],
  [{ contains: 'a', any: ['b', 'c'] }, [['a', 'c']], [['a'], ['c']]]
]

t.test('a claim fits its condition, by type and value', async (t) => {
  for (const [condition, good, bad] of cases) {
    const { status } = await benchAuthorize(t, { claims: { 'user.kind': condition } })
    for (const kind of good) t.equal(await status({ claims: { user: { kind } } }), 200, JSON.stringify([condition, kind]))
    for (const kind of bad) t.equal(await status({ claims: { user: { kind } } }), 403, JSON.stringify([condition, kind ?? null]))
  }
})

t.test('all claims must fit, and inherited properties are none', async (t) => {
  const { status } = await benchAuthorize(t, { claims: { a: 1, 'https://shop.example/b': 2 } })
  t.equal(await status({ claims: { a: 1, 'https://shop.example/b': 2 } }), 200)
  t.equal(await status({ claims: { a: 1 } }), 403)
  t.equal(await status({ claims: { 'https://shop.example/b': 2 } }), 403)
  const inherited = await benchAuthorize(t, { claims: { 'constructor.name': 'Object' } })
  t.equal(await inherited.status({ claims: {} }), 403)
})
