import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('a plugin that fails at the end of its generation is logged and what it held is given back', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const stubborn = pluginThat('stubborn', (app, _config, deps) => {
    deps.state('held', () => 1)
    app.addHook('onClose', () => Promise.reject(new Error('will not go')))
  })
  const plan = planWith(`${passThrough(origin.url)}\nplugins: { stubborn: {} }`, [stubborn])
  const { gateway, url, log } = await startGateway(t, '', { plan })
  t.ok(gateway.stateKeys.includes('plugin:stubborn:held'))

  await gateway.reload(planWith(passThrough(origin.url), []))
  await eventually(() => gateway.generations === 1)
  t.notOk(gateway.stateKeys.includes('plugin:stubborn:held'))
  t.match(
    log.find((line) => line['msg'] === 'a plugin failed at the end of its generation'),
    { err: { message: 'will not go' } }
  )
  t.equal((await send(url)).text, 'served')
})
