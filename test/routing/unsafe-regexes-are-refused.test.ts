import t from 'tap'
import { isSafeRegex } from '../../src/routing/safe-regex.ts'

const unsafe: ReadonlyArray<readonly [string, RegExp]> = [
  ['(a+)+$', /exponential/],
  ['(a|a)*', /exponential/],
  ['(a|aa)+$', /exponential/],
  ['(a*)*b', /exponential/],
  ['(?:a|b|ab)+', /exponential/],
  ['^(\\w+\\s?)*$', /exponential/],
  ['(?:[a-z0-9]+-?)+', /exponential/],
  ['(?i:A|a)+', /exponential/],
  ['(.*a){12}', /exponential|power/],
  ['.*.*.*=', /power of 3/],
  ['.*foo.*bar.*baz', /power of 3/],
  ['a{1,50}a{1,50}a{1,50}$', /power of 3/],
  ['(?:x{1,100}){1,100}', /exponential/],
  [`${'a?'.repeat(30)}${'a'.repeat(30)}`, /exponential/],
  ['(a?){30}a{30}', /can be empty/],
  ['(.)\\1', /backreference/],
  ['(?<x>.)\\k<x>', /backreference/],
  ['(?:(?=.*x)a)*', /lookaround/],
  ['(?:(?:abcdefgh){16}){16}', /too large/],
  ['a'.repeat(1001), /longer than/],
  ['(', /not a valid.*unterminated group/],
  ['a**', /not a valid.*nothing to repeat/],
  ['[z-a]', /not a valid.*out of order/],
  ['a)|(b', /not a valid/]
]

for (const [source, reason] of unsafe) {
  t.test(`${source.slice(0, 30)} is refused`, async (t) => {
    t.match(isSafeRegex(source), { ok: false, reason })
  })
}

const safe = [
  '/users/[0-9]+',
  '/a/.*',
  '^/v[0-9]+(\\.[0-9]+)*$',
  '/users/(?<id>[^/]+)/orders/(?<order>\\d+)',
  '/(?:[a-z0-9-]+/)*x',
  '(?:/[^/]+)+',
  '.*foo.*',
  '.*\\.(?:js|css|png)',
  '/(en|de|fr)/.*',
  '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}',
  '/(?!internal(?:/|$)).*',
  '[\\p{L}]+',
  '[[a-z]--[aeiou]]+',
  '\\/api\\/v[12]\\/(users|orders)(\\/.*)?',
  '(/[a-z]+)?(/[a-z]+)?(/[a-z]+)?',
  '.{1,200}',
  '(?:[0-9]{1,3}\\.){3}[0-9]{1,3}',
  '(?:/[0-9]{1,3}-[a-z]{0,2})*',
  '(?:a?b?){2}',
  'a{1000}',
  '[a-z0-9]+(?:-[a-z0-9]+)*',
  ''
]

for (const source of safe) {
  t.test(`${source === '' ? 'the empty expression' : source} is accepted`, async (t) => {
    t.strictSame(isSafeRegex(source), { ok: true })
  })
}
