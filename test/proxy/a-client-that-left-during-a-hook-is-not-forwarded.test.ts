import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { metricSum } from '../support/admin.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { pluginThat, planWith } from '../support/plan.ts'
import { RawConnection, rawRequest } from '../support/raw-client.ts'

t.test('when the client has gone while a plugin waited, the upstream is asked nothing', async (t) => {
  const origin = await startRecordingOrigin(t)
  const waiting: (() => void)[] = []
  let passed = 0
  const plugin = pluginThat('waits', (app) => {
    app.addHook('onRequest', async (request) => {
      if (request.url === '/next') return
      await new Promise<void>((resolve) => waiting.push(resolve))
      passed++
    })
  })
  const gateway = await startGateway(t, '', { plan: planWith(passThrough(origin.url, '    plugins: { waits: {} }'), [plugin]) })
  const lines = () => gateway.log.filter((line) => line['msg'] === 'request')
  const heads = [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nhalf'
  ]
  for (const [index, head] of heads.entries()) {
    const client = await RawConnection.open(t, gateway.port)
    client.write(head)
    await eventually(() => waiting.length === index + 1)
    client.destroy()
    await eventually(() => lines().length === index + 1)
    waiting[index]?.()
    await eventually(() => passed === index + 1)
  }
  t.equal((await rawRequest(t, gateway.port, 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200)
  t.same(
    origin.seen.map(({ url }) => url),
    ['/next']
  )
  t.equal(await metricSum(gateway, 'sallyport_upstream_requests_total'), 1, 'nor was anything attempted')
  t.match(lines().slice(0, 3), [{ status: 499 }, { status: 499 }, { status: 499 }])
})
