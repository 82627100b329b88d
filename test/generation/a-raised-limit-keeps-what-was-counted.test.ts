import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

t.test('a rate limit raised by a reload goes on with what was counted', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const limited = (limit: number) => `
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin, plugins: { rate-limit: { limit: ${limit}, window: 10m } } }]`
  const { gateway, url } = await startGateway(t, limited(2))
  const statuses = async (count: number) => {
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await send(url)).status)
    return seen
  }
  t.same(await statuses(3), [200, 200, 429])
  t.equal((await gateway.reload(planWith(limited(5), []))).result, 'applied')
  t.same(await statuses(4), [200, 200, 200, 429], 'only the difference passes')
})
