import t from 'tap'
import { testPlugin } from 'sallyport/testing'
import apiVersion from './api-version.ts'

t.test('the upstream is told the version', async (t) => {
  const { inject, close } = await testPlugin(apiVersion, { supported: [1, 2, 3], deprecated: [1] })
  t.teardown(close)
  t.equal((await inject('/')).json().headers['api-version'], '3')
  t.equal((await inject({ headers: { 'api-version': '2' } })).json().headers['api-version'], '2')
  t.equal((await inject({ headers: { 'api-version': '1' } })).headers['deprecation'], '@0')
})

t.test('a version that is not supported is refused', async (t) => {
  const { inject, close, counters } = await testPlugin(apiVersion, { supported: [2] }, { route: { name: 'orders' } })
  t.teardown(close)
  t.equal((await inject({ headers: { 'api-version': '9' } })).json().code, 'SP_BAD_REQUEST')
  t.equal(counters.get('api_version_refused_total{route="orders"}'), 1)
})

t.test('a deprecated version must be a supported one', async (t) => {
  await t.rejects(testPlugin(apiVersion, { supported: [2], deprecated: [1] }), /version 1 is not supported/)
})
