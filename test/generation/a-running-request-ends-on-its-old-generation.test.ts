import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { planWith } from '../support/plan.ts'

t.test('a request that runs during a reload ends on its old generation, a new one sees the new', async (t) => {
  const origin = await startHeldOrigin(t)
  const mark = (value: string) => `
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: all, match: { path: /* }, upstream: origin, plugins: { headers: { response: { set: { x-generation: ${value} } } } } }`
  const { gateway, url } = await startGateway(t, mark('old'))
  const running = send(`${url}/running`)
  await origin.arrived(1)

  t.equal((await gateway.reload(planWith(mark('new'), []))).result, 'applied')
  t.equal(gateway.generations, 2, 'the old generation waits for its request')
  const next = send(`${url}/next`)
  await origin.arrived(2)
  origin.release()

  const [old, fresh] = await Promise.all([running, next])
  t.equal(old.headers['x-generation'], 'old')
  t.equal(old.text, '/running')
  t.equal(fresh.headers['x-generation'], 'new')
  await eventually(() => gateway.generations === 1)
})
