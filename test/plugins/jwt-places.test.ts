import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { SECRET, bearer, sign } from './tokens.ts'

async function bench(t: { teardown(run: () => Promise<void>): void }, config: object = {}) {
  const made = await testPlugin(jwt, { secret: SECRET, ...config })
  t.teardown(made.close)
  return made
}

t.test('a request without a token is asked for one, without an error code', async (t) => {
  const { inject, counters } = await bench(t)
  const answer = await inject('/')
  t.equal(answer.statusCode, 401)
  t.equal(answer.headers['www-authenticate'], 'Bearer realm="sallyport"')
  t.equal(answer.json().code, 'SP_UNAUTHENTICATED')
  t.equal(counters.get('auth_failures_total{plugin="jwt",reason="missing"}'), 1)
  t.equal((await inject({ headers: { authorization: 'Basic YTpi' } })).headers['www-authenticate'], 'Bearer realm="sallyport"')
})

t.test('every bad token gets the same answer', async (t) => {
  const { inject } = await bench(t, { issuer: 'somebody' })
  const bodies = new Set<string>()
  for (const token of [
    'garbage',
    '',
    'a b',
    sign(),
    sign({ iss: 'x' }),
    sign({ exp: 1, iss: 'somebody' }),
    sign({}, 'another secret of at least thirty-two bytes')
  ]) {
    const answer = await inject(bearer(token))
    t.equal(answer.statusCode, 401)
    if (token !== '') t.equal(answer.headers['www-authenticate'], 'Bearer realm="sallyport", error="invalid_token"')
    if (token !== '') bodies.add(answer.json().detail)
  }
  t.same([...bodies], ['The bearer token is not valid.'])
})

t.test('the scheme is compared without regard to case', async (t) => {
  const { inject } = await bench(t)
  t.equal((await inject({ headers: { authorization: `bearer ${sign()}` } })).statusCode, 200)
})

t.test('a token may stand in a cookie or the query, in the configured order', async (t) => {
  const { inject } = await bench(t, { from: ['header', { cookie: 'session' }, { query: 'access_token' }] })
  const good = sign()
  t.equal((await inject({ headers: { cookie: `theme=dark; session=${good}` } })).statusCode, 200)
  t.equal((await inject(`/x?a=1&access_token=${good}`)).statusCode, 200)
  t.equal((await inject({ headers: { cookie: `not-session=${good}` } })).statusCode, 401)
  t.equal((await inject(`/x?access_token=${good}&access_token=${good}`)).statusCode, 401, 'a repeated parameter is ambiguous')
  t.equal(
    (await inject({ url: `/x?access_token=${good}`, headers: { authorization: 'Bearer bad' } })).statusCode,
    401,
    'a bad token in the first place counts'
  )
})

t.test('a name in the query is read as its decoded form, however it is written', async (t) => {
  const { inject, counters } = await bench(t, { from: [{ query: 'access_token' }], optional: true })
  const good = sign()
  const consumer = async (query: string): Promise<unknown> => (await inject(`/x?${query}`)).json().gateway.consumer?.name
  t.equal(await consumer(`%61ccess_token=${good}`), 'alice')
  t.equal(await consumer(`a=1&access%5ftoken=${good.replaceAll('.', '%2E')}`), 'alice')
  t.equal((await inject('/x?acces%73_token=bad')).statusCode, 401, 'a bad token is none that is not there')
  t.equal((await inject(`/x?access_token=${good}&%61ccess_token=${good}`)).statusCode, 401, 'two spellings are two tokens')
  t.equal(counters.get('auth_failures_total{plugin="jwt",reason="malformed"}'), 2)
  t.equal((await inject(`/x?Access_Token=${good}&a%00ccess_token=${good}`)).json().gateway.consumer, null, 'other names are other names')
})

t.test('two cookies of the name are no token', async (t) => {
  const { inject } = await bench(t, { from: [{ cookie: 'session' }], optional: true })
  const good = sign()
  for (const cookie of [`session=${good}; session=${good}`, `session=bad; a=b; session=${good}`, `session=${good};session=`])
    t.equal((await inject({ headers: { cookie } })).statusCode, 401, cookie.slice(0, 20))
  t.equal((await inject({ headers: { cookie: `Session=bad; session=${good}` } })).json().gateway.consumer.name, 'alice')
})

t.test('what only some readers take for the scheme Bearer is a bad token, and other schemes are none', async (t) => {
  const { inject } = await bench(t, { optional: true })
  const status = async (authorization: string): Promise<number> => (await inject({ headers: { authorization } })).statusCode
  for (const after of ['\t', ',', '=', ':', '"', '\u00a0', ''])
    t.equal(await status(`Bearer${after}${sign()}`.slice(0, after === '' ? 6 : undefined)), 401, after)
  for (const scheme of ['BearerX', 'Bearer-Token', 'Bearer1', 'Bear', 'Basic']) t.equal(await status(`${scheme} bad`), 200, scheme)
  t.equal(await status(`BEARER   ${sign()}  `), 200)
})

t.test('a place that is not configured is not looked at', async (t) => {
  const { inject } = await bench(t, { from: [{ cookie: 'session' }] })
  t.equal((await inject(bearer(sign()))).statusCode, 401)
})

t.test('optional lets requests without a token pass, and no bad token', async (t) => {
  const { inject } = await bench(t, { optional: true })
  const anonymous = await inject('/')
  t.equal(anonymous.statusCode, 200)
  t.equal(anonymous.json().gateway.consumer, null)
  t.equal((await inject(bearer('bad'))).statusCode, 401)
  t.equal((await inject(bearer(sign()))).json().gateway.consumer.name, 'alice')
})

t.test('two Authorization fields are refused', async (t) => {
  const { app, counters } = await bench(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
  const fields = `Authorization: Bearer ${sign()}\r\nauthorization: Bearer ${sign({ sub: 'bob' })}\r\n`
  socket.end(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${fields}\r\n`)
  t.match(await text(socket), /^HTTP\/1\.1 400 [^]*SP_BAD_REQUEST/)
  t.equal(counters.get('auth_failures_total{plugin="jwt",reason="repeated"}'), 1)
})
