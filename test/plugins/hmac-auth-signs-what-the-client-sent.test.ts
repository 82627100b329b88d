import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { signatureBase } from '../../plugins/hmac-auth/components.ts'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import type { SignedMessage } from '../../plugins/hmac-auth/message.ts'
import { parseDictionary, type InnerList } from '../../plugins/hmac-auth/structured-fields.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import type { Teardown } from '../support/gateway.ts'
import { START, hmacSigner, signed, type Signing } from '../support/http-signature.ts'

const signer = hmacSigner()
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] }
const reason = (name: string) => `auth_failures_total{plugin="hmac-auth",reason="${name}"}`

async function statusOf(t: Teardown, signing: Signing, config: object = {}): Promise<number> {
  const bench = await testPlugin(hmacAuth, { required: ['@method'], ...config }, { ...options, before: tellTarget(signing.url ?? '/') })
  t.teardown(bench.close)
  return (await bench.inject(signed(signer, signing))).statusCode
}

/** As the gateway does: what injects requests here drops the `?` of an empty query. */
function tellTarget(rawTarget: string): (request: FastifyRequest) => void {
  return (request) => {
    Object.assign(request.gateway, { rawTarget })
  }
}

t.test('every derived component of a request has the value that a client gives it', async (t) => {
  const all = ['@method', '@target-uri', '@authority', '@scheme', '@request-target', '@path', '@query']
  for (const url of ['/', '/?', '/a/b?x=1&y=%20', '/a%2Db?']) {
    const query = url.includes('?') ? url.slice(url.indexOf('?')) : '?'
    const path = url.split('?')[0] as string
    t.equal(await statusOf(t, { url, covered: all, values: { '"@query"': query, '"@path"': path } }), 200, url)
  }
})

t.test('an absent query and an empty one are different targets', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, { ...options, before: tellTarget('/a?') })
  t.teardown(bench.close)
  t.equal((await bench.inject(signed(signer, { url: '/a' }))).statusCode, 401)
  t.equal((await bench.inject(signed(signer, { url: '/a?' }))).statusCode, 200)
})

t.test('the authority is in lower case and without the port of its scheme', async (t) => {
  const covered = ['@method', '@authority', '@target-uri']
  t.equal(await statusOf(t, { host: 'Shop.Example:80', covered }), 200)
  t.equal(await statusOf(t, { host: 'shop.example:8080', covered }), 200)
  const https = { '"@authority"': 'shop.example', '"@target-uri"': 'https://shop.example/', '"@scheme"': 'https' }
  t.equal(await statusOf(t, { host: 'shop.example:443', covered: [...covered, '@scheme'], values: https }, { scheme: 'https' }), 200)
  t.equal(await statusOf(t, { host: 'shop.example:443', covered: [...covered, '@scheme'], values: https }), 401)
})

t.test('a parameter of the query is decoded and encoded again', async (t) => {
  const url = '/?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&e=&x=!~*()%27-._'
  const of = (name: string) => `"@query-param";name="${name}"`
  const values = {
    [of('var')]: 'this%20is%20a%20big%0Amultiline%20value',
    [of('bar')]: 'with%20plus%20whitespace',
    [of('fa%C3%A7ade%22%3A%20')]: 'something',
    [of('e')]: '',
    [of('x')]: '%21%7E*%28%29%27-._'
  }
  t.equal(await statusOf(t, { url, covered: ['@method', ...Object.keys(values)], values }), 200)
})

t.test('a parameter that is not there, comes twice or is no UTF-8 has no value', async (t) => {
  const covered = ['@method', '"@query-param";name="a"']
  const signing = (url: string, value: string) => ({ url, covered, values: { '"@query-param";name="a"': value } })
  t.equal(await statusOf(t, signing('/?a=1', '1')), 200)
  t.equal(await statusOf(t, signing('/?b=1', '')), 401)
  t.equal(await statusOf(t, signing('/?a=1&b=2&a=1', '1')), 401)
  t.equal(await statusOf(t, signing('/?a=1&%61=2', '1')), 401)
  t.equal(await statusOf(t, signing('/?a=%FF', '%EF%BF%BD')), 401)
})

t.test('lines of one field are joined, and `;bs` keeps them apart', async (t) => {
  const bench = await testPlugin(hmacAuth, { required: ['@method'] }, options)
  t.teardown(bench.close)
  const send = async (covered: string, value: string) => {
    const request = signed(signer, { covered: ['@method', covered], values: { [covered]: value } })
    const headers = { ...request.headers, 'x-list': ['one, two', '  three '] } as unknown as Record<string, string>
    return (await bench.inject({ ...request, headers })).statusCode
  }
  t.equal(await send('"x-list"', 'one, two, three'), 200)
  t.equal(await send('"x-list";bs', ':b25lLCB0d28=:, :dGhyZWU=:'), 200)
  t.equal(await send('"x-list";bs', ':b25lLCB0d28sIHRocmVl:'), 401)
})

t.test('an empty field has an empty value', async (t) => {
  t.equal(await statusOf(t, { headers: { 'x-empty': '' }, covered: ['@method', 'x-empty'] }), 200)
})

t.test('kinds of components that are not supported are refused by name of their kind', async (t) => {
  const kinds = [
    '"x-a";sf',
    '"x-a";key="k"',
    '"x-a";req',
    '"x-a";tr',
    '"x-a";bs;sf',
    '"x-a";bs=?0',
    '"X-A"',
    '"@status"',
    '"@method";req',
    '"@query-param"'
  ]
  for (const kind of kinds) {
    const bench = await testPlugin(hmacAuth, { required: ['@method'] }, options)
    t.teardown(bench.close)
    const request = signed(signer, { headers: { 'x-a': '1' }, covered: ['@method', kind] })
    const answer = await bench.inject(request)
    t.equal(answer.statusCode, 401, kind)
    t.match(answer.json().detail, /not supported/)
    t.equal(bench.counters.get(reason('unsupported')), 1)
    const unknown = { ...request.headers, 'signature-input': (request.headers['signature-input'] ?? '').replace('"shared"', '"nobody"') }
    t.equal((await bench.inject({ ...request, headers: unknown })).body.replace(/"requestId.*/, ''), answer.body.replace(/"requestId.*/, ''))
  }
})

t.test('a component that comes twice, or whose value no line can hold, makes no signature base', async (t) => {
  const baseOf = (input: string, value: string) => {
    const message: SignedMessage = { method: 'GET', scheme: 'http', authority: 'a', path: '/', query: '', hasBody: false, lines: () => [value] }
    return signatureBase(message, parseDictionary(`s=${input}`)?.get('s') as InnerList)
  }
  t.equal(baseOf('("x-a" "x-b")', 'v'), '"x-a": v\n"x-b": v\n"@signature-params": ("x-a" "x-b")')
  t.equal(baseOf('("x-a" "x-a")', 'v'), null)
  t.equal(baseOf('("@path" "@path")', 'v'), null)
  for (const value of ['\u00e9', 'a\nb', 'a\rb', '\u0000', '\u007f']) t.equal(baseOf('("x-a")', value), null)
})

t.test('what the gateway decides by must be what was sent', async (t) => {
  const seen: [facts: object, status: number][] = [
    [{}, 200],
    [{ rawTarget: '/a%7Eb' }, 400],
    [{ rawTarget: 'http://shop.example/a~b' }, 400],
    [{ authority: '' }, 400],
    [{ authority: 'another.example' }, 401]
  ]
  for (const [facts, status] of seen) {
    const before = (request: FastifyRequest) => {
      Object.assign(request.gateway, facts)
    }
    const bench = await testPlugin(hmacAuth, {}, { ...options, before })
    t.teardown(bench.close)
    const answer = await bench.inject(signed(signer, { url: '/a~b', parameters: `;created=${START};keyid="shared"` }))
    t.equal(answer.statusCode, status)
    if (status === 400) t.equal(bench.counters.get(reason('target')), 1)
  }
})
