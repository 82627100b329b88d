import t from 'tap'
import { compact, jwtBench } from '../support/jwks.ts'
import { SECRET, START } from './tokens.ts'

const token = (header: object) => compact({ alg: 'HS256', ...header }, { sub: 'alice', exp: START + 600 }, SECRET, 'HS256')

async function statuses(t: Parameters<typeof jwtBench>[0], config: object, headers: readonly object[]): Promise<number[]> {
  const { status } = await jwtBench(t, { secret: SECRET, ...config })
  const found: number[] = []
  for (const header of headers) found.push(await status(token(header)))
  return found
}

t.test('crit is refused, whatever it lists', async (t) => {
  const headers = [[], ['exp'], ['b64'], ['alg'], null, false, '', 0, 'exp', {}].map((crit) => ({ crit, exp: 1 }))
  t.same(new Set(await statuses(t, {}, headers)), new Set([401]))
})

t.test('a payload that is not encoded is refused, with and without crit', async (t) => {
  t.same(
    await statuses(t, {}, [{ b64: false }, { b64: false, crit: ['b64'] }, { b64: 'false' }, { b64: null }, { b64: true }]),
    [401, 401, 401, 401, 200]
  )
})

t.test('none is refused, in every spelling and with every signature', async (t) => {
  const headers = ['none', 'None', 'NONE', 'nOnE', '', ' HS256', 'hs256', 'HS256 ', null, ['HS256'], undefined].map((alg) => ({ alg }))
  t.same(new Set(await statuses(t, {}, headers)), new Set([401]))
  const { status } = await jwtBench(t, { secret: SECRET })
  for (const signed of [token({ alg: 'none' })]) t.equal(await status(signed.slice(0, signed.lastIndexOf('.') + 1)), 401)
})

t.test('without a setting, typ is JWT, at+jwt or not there', async (t) => {
  const good = [{}, { typ: 'JWT' }, { typ: 'jwt' }, { typ: 'at+jwt' }, { typ: 'AT+JWT' }, { typ: 'application/at+jwt' }, { typ: 'Application/JWT' }]
  t.same(new Set(await statuses(t, {}, good)), new Set([200]))
  const bad = ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'JOSE', '', 'text/jwt', 'application/application/jwt', 'jwt; x=1', ' jwt', 7, null, ['JWT']]
  t.same(
    new Set(
      await statuses(
        t,
        {},
        bad.map((typ) => ({ typ }))
      )
    ),
    new Set([401])
  )
})

t.test('with a setting, typ must be there and one of them', async (t) => {
  const headers = [{ typ: 'at+jwt' }, { typ: 'application/AT+jwt' }, { typ: 'JWT' }, {}]
  t.same(await statuses(t, { typ: 'at+jwt' }, headers), [200, 200, 401, 401])
  t.same(await statuses(t, { typ: ['application/at+jwt', 'JWT'] }, headers), [200, 200, 200, 401])
  t.same(await statuses(t, { typ: ['logout+jwt'] }, [{ typ: 'logout+jwt' }]), [200])
})

t.test('a token that one route remembers is judged anew where another typ is asked for', async (t) => {
  const state = new Map<string, unknown>()
  const any = await jwtBench(t, { secret: SECRET }, { state })
  const strict = await jwtBench(t, { secret: SECRET, typ: 'at+jwt' }, { state })
  t.equal(await any.status(token({})), 200)
  t.equal(await strict.status(token({})), 401)
  t.equal(strict.count('type'), 1)
})
