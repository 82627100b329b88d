import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('a reload to an equal plan is unchanged and builds nothing', async (t) => {
  let built = 0
  const counting = pluginThat('counting', () => {
    built++
  })
  const plan = (comment: string) => planWith(`# ${comment}\n${passThrough('http://127.0.0.1:1')}\nplugins: { counting: {} }`, [counting])
  const { gateway, adminUrl } = await startGateway(t, '', { plan: plan('one') })
  const before = built
  t.not(before, 0)

  const status = await gateway.reload(plan('another comment'))
  t.equal(status.result, 'unchanged')
  t.equal(built, before)
  t.equal(gateway.generations, 1)
  t.equal((await scrape(adminUrl)).get('sallyport_config_reloads_total{result="unchanged"}'), 1)
})
