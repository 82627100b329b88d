import t, { type Test } from 'tap'
import type { Answer } from '../support/client.ts'
import { consulMissing } from '../support/consul.ts'
import { type Backend, startBoth, startOurs } from './both.ts'

const REGISTER = '/v1/agent/service/register'
/** Long enough never to be over in a test; shorter ones are waited for. */
const LONG = 'wait=60s'

async function behave(t: Test, backend: Backend): Promise<void> {
  const indexOf = (answer: Answer) => Number(answer.headers['x-consul-index'])
  const index = async (path: string) => indexOf(await backend.get(path))
  const instances = (answer: Answer) => (answer.json() as { Service: { ID: string } }[]).map(({ Service }) => Service.ID)
  /** Waits for the next index of the query, while `change` happens. */
  const next = async (path: string, change: () => Promise<unknown>): Promise<Answer> => {
    const before = await index(path)
    const waiting = backend.get(`${path}${path.includes('?') ? '&' : '?'}index=${before}&${LONG}`)
    await change()
    const answer = await waiting
    t.ok(indexOf(answer) > before, `${path} has moved from ${before} to ${indexOf(answer)}`)
    return answer
  }

  await t.test('a name that nobody has had', async (t) => {
    t.strictSame(instances(await next('/v1/health/service/web', async () => backend.put(REGISTER, { Name: 'web', ID: 'web-1' }))), ['web-1'])
  })
  await t.test('another instance', async (t) => {
    const change = async () => backend.put(REGISTER, { Name: 'web', ID: 'web-2', Check: { TTL: '1h' } })
    t.strictSame(instances(await next('/v1/health/service/web', change)), ['web-1', 'web-2'])
  })
  await t.test('a check that changes its state', async (t) => {
    const change = async () => backend.put('/v1/agent/check/pass/service:web-2')
    t.strictSame(instances(await next('/v1/health/service/web?passing', change)), ['web-1', 'web-2'])
  })
  await t.test('a weight', async (t) => {
    await next('/v1/catalog/service/web', async () => backend.put(REGISTER, { Name: 'web', ID: 'web-1', Weights: { Passing: 9 } }))
    t.match((await backend.get('/v1/catalog/service/web')).json(), [{ ServiceID: 'web-1', ServiceWeights: { Passing: 9 } }, {}])
  })
  await t.test('an instance in maintenance', async (t) => {
    const change = async () => backend.put('/v1/agent/service/maintenance/web-1?enable=true')
    t.strictSame(instances(await next('/v1/health/service/web?passing', change)), ['web-2'])
  })
  await t.test('the last instance that goes', async (t) => {
    t.strictSame(instances(await next('/v1/health/service/web', async () => backend.put('/v1/agent/service/deregister/web-1'))), ['web-2'])
    t.strictSame(instances(await next('/v1/health/service/web', async () => backend.put('/v1/agent/service/deregister/web-2'))), [])
  })
  await t.test('and one that comes back', async (t) => {
    t.strictSame(instances(await next('/v1/health/service/web', async () => backend.put(REGISTER, { Name: 'web', ID: 'web-1' }))), ['web-1'])
  })
  await t.test('names of services, checks, states', async () => {
    await next('/v1/catalog/services', async () => backend.put(REGISTER, { Name: 'other' }))
    await next('/v1/health/checks/web', async () => backend.put('/v1/agent/service/maintenance/web-1?enable=true'))
    await next('/v1/health/state/any', async () => backend.put('/v1/agent/service/maintenance/web-1?enable=false'))
  })
  await t.test('the change of another service wakes nobody', async (t) => {
    const before = await index('/v1/health/service/web')
    const started = performance.now()
    const waiting = backend.get(`/v1/health/service/web?index=${before}&wait=300ms`)
    await backend.put(REGISTER, { Name: 'other', Tags: ['new'] })
    t.equal(indexOf(await waiting), before)
    t.ok(performance.now() - started > 290, 'waited to the end')
  })
  await t.test('an index that has not come yet is waited for, and the present one told', async (t) => {
    const before = await index('/v1/health/service/web')
    const started = performance.now()
    const answer = await backend.get('/v1/health/service/web?index=99999999&wait=300ms')
    t.ok(performance.now() - started > 290, 'waited to the end')
    t.equal(indexOf(answer), before)
    t.strictSame(instances(answer), ['web-1'])
  })
  await t.test('an older index is answered at once', async (t) => {
    const before = await index('/v1/health/service/web')
    const answer = await backend.get(`/v1/health/service/web?index=${before - 1}&${LONG}`)
    t.equal(indexOf(answer), before)
  })
}

t.test('in the registry', async (t) => behave(t, await startOurs(t)))

t.test('in Consul', { skip: consulMissing() }, async (t) => behave(t, (await startBoth(t)).consul))
