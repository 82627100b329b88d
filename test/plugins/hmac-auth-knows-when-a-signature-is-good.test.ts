import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import type { Teardown } from '../support/gateway.ts'
import { START, hmacSigner, signed } from '../support/http-signature.ts'

const signer = hmacSigner()
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] }
const EXPIRED = 'auth_failures_total{plugin="hmac-auth",reason="expired"}'
const NOT_ACTIVE = 'auth_failures_total{plugin="hmac-auth",reason="not_active"}'

async function statusesOf(t: Teardown, config: object, parameters: readonly string[]) {
  const bench = await testPlugin(hmacAuth, config, options)
  t.teardown(bench.close)
  const statuses: number[] = []
  for (const text of parameters) statuses.push((await bench.inject(signed(signer, { parameters: `${text};keyid="shared"` }))).statusCode)
  return { statuses, counters: bench.counters }
}

t.test('a signature is good for `maxAge` after `created`, give or take the skew of clocks', async (t) => {
  const ages = [-31, -30, -1, 0, 1, 300, 329, 330, 331]
  const { statuses, counters } = await statusesOf(
    t,
    {},
    ages.map((age) => `;created=${START - age}`)
  )
  // The clock stands at START and 321 ms.
  t.same(statuses, [401, 200, 200, 200, 200, 200, 200, 401, 401])
  t.equal(counters.get(NOT_ACTIVE), 1)
  t.equal(counters.get(EXPIRED), 2)
})

t.test('`expires` ends it earlier, never later', async (t) => {
  const { statuses } = await statusesOf(t, { clockSkew: '0s' }, [
    `;created=${START - 10};expires=${START + 1}`,
    `;created=${START - 10};expires=${START}`,
    `;created=${START - 10};expires=${START - 20}`,
    `;created=${START - 301};expires=${START + 1000}`
  ])
  t.same(statuses, [200, 401, 401, 401])
})

t.test('a signature that does not say when it was made is refused', async (t) => {
  const { statuses, counters } = await statusesOf(t, {}, ['', `;expires=${START + 60}`])
  t.same(statuses, [401, 401])
  t.equal(counters.get(EXPIRED), 2)
})

t.test('times that are no integers are malformed', async (t) => {
  const { statuses, counters } = await statusesOf(t, {}, [
    `;created="${START}"`,
    `;created=${START}.0`,
    ';created',
    `;created=@${START}`,
    `;created=${START};expires="x"`
  ])
  t.same(statuses, [401, 401, 401, 401, 401])
  t.equal(counters.get('auth_failures_total{plugin="hmac-auth",reason="malformed"}'), 5)
})
