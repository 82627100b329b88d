import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('the access log and the level of plugins follow a reload', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const chatty = pluginThat('chatty', (app, _config, deps) => {
    app.addHook('onRequest', async (request) => deps.log.debug({ path: request.gateway.path }, 'seen'))
  })
  const plan = (access: boolean, level: string) =>
    planWith(`${passThrough(origin.url)}\ntelemetry: { log: { access: ${access}, level: ${level} } }\nplugins: { chatty: {} }`, [chatty])
  const { gateway, url, log } = await startGateway(t, '', { plan: plan(true, 'info') })
  const toldOf = (path: string) => log.filter((line) => line['path'] === path).map((line) => line['msg'])

  await send(`${url}/one`)
  await gateway.reload(plan(false, 'debug'))
  await send(`${url}/two`)
  await gateway.reload(plan(true, 'info'))
  await send(`${url}/three`)
  t.same(toldOf('/one'), ['request'])
  t.same(toldOf('/two'), ['seen'])
  t.same(toldOf('/three'), ['request'])
})
