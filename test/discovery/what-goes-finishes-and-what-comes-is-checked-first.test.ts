import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { type ConsulQuestion, entry, startConsulStub } from '../support/consul-stub.ts'
import type { Teardown } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { startOrigin } from '../support/origin.ts'
import { startDiscovering, untilEndpoints } from './gateway-kit.ts'

/** A Consul whose list the test changes. */
async function startList(t: Teardown, ports: number[]) {
  let index = 5
  let waiting: ConsulQuestion[] = []
  const stub = await startConsulStub(t, (question) => {
    if (question.query.get('index') === String(index)) waiting.push(question)
    else
      question.answer(
        ports.map((port) => entry(port)),
        index
      )
  })
  return {
    url: stub.url,
    change(next: readonly number[]) {
      ports.splice(0, ports.length, ...next)
      index++
      for (const question of waiting)
        question.answer(
          ports.map((port) => entry(port)),
          index
        )
      waiting = []
    }
  }
}

t.test('requests of an endpoint that goes are finished, and then its connections are closed', async (t) => {
  const leaving = await startHeldOrigin(t)
  const staying = await startOrigin(t, (_request, response) => void response.end('stays'))
  const list = await startList(t, [leaving.port])
  const gateway = await startDiscovering(t, list.url)
  await untilEndpoints(gateway, [leaving])
  const answer = send(`${gateway.url}/slow`)
  await leaving.arrived(1)
  list.change([leaving.port, staying.port])
  await untilEndpoints(gateway, [leaving, staying])
  list.change([staying.port])
  await untilEndpoints(gateway, [staying])
  for (let i = 0; i < 4; i++) t.equal((await send(gateway.url)).text, 'stays')
  t.equal(leaving.connections, 1)
  leaving.release()
  t.match(await answer, { status: 200, text: '/slow' })
  await eventually(() => leaving.connections === 0)
})

t.test('an endpoint that comes gets no request before its first check', async (t) => {
  const known = await startOrigin(t, (_request, response) => void response.end('known'))
  const seen: string[] = []
  let answerCheck: (() => void) | null = null
  const fresh = await startOrigin(t, (request, response) => {
    seen.push(request.url ?? '')
    if (request.url !== '/health') return void response.end('fresh')
    answerCheck = () => void response.end()
  })
  const list = await startList(t, [known.port])
  const gateway = await startDiscovering(t, list.url, '', ', healthCheck: { path: /health, interval: 60s }')
  await untilEndpoints(gateway, [known])
  await eventually(async () => (await send(gateway.url)).text === 'known')
  list.change([known.port, fresh.port])
  await untilEndpoints(gateway, [known, fresh])
  await eventually(() => answerCheck !== null)
  for (let i = 0; i < 4; i++) t.equal((await send(gateway.url)).text, 'known')
  t.strictSame(seen, ['/health'])
  const pass = answerCheck as unknown as () => void
  pass()
  await eventually(async () => (await send(gateway.url)).text === 'fresh')
})
