import { createHash } from 'node:crypto'
import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { DEFAULT_COVERED, ed25519Signer, signed, type Signing } from '../support/http-signature.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

t.test('a signed request reaches the upstream as it was, and one that was changed does not', async (t) => {
  const signer = ed25519Signer('shop-1')
  const consumers = JSON.stringify([{ name: 'shop', hmacKeys: [{ id: 'shop-1', publicKey: signer.entry.publicKey }] }])
  const origin = await startRecordingOrigin(t)
  const plan = planWith(`consumers: ${consumers}\nplugins: { hmac-auth: {} }\n${passThrough(origin.url)}`, [hmacAuth])
  const { url } = await startGateway(t, passThrough(origin.url), { plan, clock: new FakeClock() })

  const body = '{"pay":100}'
  const headers = { 'content-length': String(body.length), 'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:` }
  const signing: Signing = { method: 'POST', url: '/pay?to=%7Ebob', headers, body, covered: [...DEFAULT_COVERED, 'content-digest'] }
  const request = signed(signer, signing)
  const options = { method: 'POST', path: '/pay?to=%7Ebob', headers: request.headers, body }
  t.equal((await send(url, options)).status, 200)
  t.equal((await send(url, options)).status, 401, 'a copy')
  t.equal(origin.seen.length, 1)
  t.equal(origin.seen[0]?.url, '/pay?to=%7Ebob')
  t.equal(origin.seen[0]?.body.toString(), body)
  const fields = origin.seen[0]?.rawHeaders ?? []
  t.equal(fields[fields.indexOf('x-consumer-name') + 1], 'shop')

  for (const path of ['/p%61y?to=%7Ebob', '/pay?to=~bob', '/pay?', '/pay']) t.not((await send(url, { ...options, path })).status, 200, path)
  const get = signed(signer, { url: '/a?' })
  t.equal((await send(url, { path: '/a', headers: get.headers })).status, 401, 'the `?` of an empty query counts')
  t.equal((await send(url, { path: '/a?', headers: get.headers })).status, 200)
  const spelled = signed(signer, { url: '/%61' })
  t.not((await send(url, { path: '/%61', headers: spelled.headers })).status, 200, 'a path in another spelling')
  t.equal(origin.seen.length, 2)
})
