import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

const guilty = pluginThat('guilty', (app, config, deps) => {
  const { at } = config as { at: string }
  const hook = hooks.find((name) => name === at)
  if (hook !== undefined) {
    app.addHook(hook as 'onRequest', async () => {
      throw new Error('my fault')
    })
  } else if (at === 'late') {
    app.addHook('onRequest', async (request) => {
      await new Promise((resolve) => setImmediate(resolve))
      request.gateway.setRequestHeader('not a name', '')
    })
  } else if (at === 'no error') {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- plugins do that, too
    app.addHook('onRequest', () => Promise.reject('a text'))
  } else
    deps.onResponseHead(() => {
      throw new Error('my fault')
    })
})
const innocent = pluginThat(
  'innocent',
  (app) => {
    app.addHook('onRequest', async () => {})
  },
  'transform'
)

t.test('a plugin that throws is SP_PLUGIN_FAILED and named in the log', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const places = [...hooks, 'late', 'no error', 'response']
  const routes = places.map(
    (at, i) => `  - { name: route-${i}, match: { path: /${i} }, upstream: origin, plugins: { guilty: { at: "${at}" }, innocent: {} } }`
  )
  const plan = planWith(`${passThrough(origin.url)}${routes.join('\n')}`, [guilty, innocent])
  const { url, log } = await startGateway(t, '', { plan })

  for (const [i, place] of places.entries()) {
    const answer = await send(`${url}/${i}`)
    t.equal(answer.status, 500, place)
    t.equal(answer.json().code, 'SP_PLUGIN_FAILED')
    t.notMatch(answer.text, /my fault|a text|not a name|guilty/, 'the client is told nothing else')
    const about = () => log.filter((line) => line['requestId'] === answer.json().requestId)
    await eventually(() => about().some((line) => line['msg'] === 'request'))
    const [trouble, line] = about()
    t.match(trouble, { level: 'warn', plugin: 'guilty', route: `route-${i}`, kind: 'SP_PLUGIN_FAILED', err: { message: /my fault|a text|not a/ } })
    t.match(line, { status: 500, code: 'SP_PLUGIN_FAILED', plugin: 'guilty' })
  }
  t.equal((await send(`${url}/innocent`)).text, 'served')
})
