import t from 'tap'
import { parseHost } from '../../src/routing/host-pattern.ts'

const wrong: ReadonlyArray<readonly [string, RegExp]> = [
  ['', /empty/],
  ['*', /any host/],
  ['a.*.example.com', /first label/],
  ['*example.com', /first label/],
  ['*.*.example.com', /first label/],
  ['example.com:8080', /no port/],
  ['[::1]:80', /no port/],
  ['::1', /brackets/],
  ['[::g]', /IPv6/],
  ['https://example.com', /scheme/],
  ['example.com/a', /path/],
  ['example.com.', /trailing dot/],
  ['a..b', /empty/],
  ['-a.com', /not a host label/],
  ['a b', /not a host label/],
  ['münchen.de', /xn--/],
  ['1.2.3', /IPv4/],
  ['1.2.3.256', /IPv4/],
  ['*.1.2.3.4', /subdomains/]
]

for (const [text, reason] of wrong) {
  t.test(`${JSON.stringify(text)} is refused with a reason`, async (t) => {
    t.match(parseHost(text), { ok: false, reason })
  })
}

t.test('what is right is brought into its canonical form', async (t) => {
  t.strictSame(parseHost('API.Example.COM'), { ok: true, host: { kind: 'exact', host: 'api.example.com' }, text: 'api.example.com' })
  t.strictSame(parseHost('*.Example.com'), { ok: true, host: { kind: 'wildcard', suffix: '.example.com' }, text: '*.example.com' })
  t.match(parseHost('10.0.0.1'), { ok: true, text: '10.0.0.1' })
  t.match(parseHost('[0:0:0:0:0:0:0:1]'), { ok: true, text: '[::1]' })
  t.match(parseHost('localhost'), { ok: true, text: 'localhost' })
})
