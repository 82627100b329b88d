import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { entry, startConsulStub } from '../support/consul-stub.ts'
import type { Teardown } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { describe, startDiscovering, untilEndpoints } from './gateway-kit.ts'

/** Nobody listens there until somebody does. */
const AWAY = 'http://127.0.0.1:1'

function folderOf(t: Teardown): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cold-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('with a saved list it serves, is ready, and says that the list is from before', async (t) => {
  const file = join(folderOf(t), 'endpoints.json')
  const origin = await startOrigin(t, (_request, response) => void response.end('served'))
  const stub = await startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer([entry(origin.port)], 5)
  })
  const first = await startDiscovering(t, stub.url, `, snapshotFile: "${file}"`)
  await untilEndpoints(first, [origin])
  await eventually(() => existsSync(file))
  await first.gateway.close()

  const second = await startDiscovering(t, AWAY, `, snapshotFile: "${file}"`)
  t.match(await send(second.url), { status: 200, text: 'served' })
  t.equal((await send(`${second.adminUrl}/readyz`)).status, 200)
  await eventually(async () => (await describe(second)).discovery.stale)
  t.match(await describe(second), {
    endpoints: [{ url: origin.url, source: 'consul', restored: true }],
    discovery: { lastAnswer: null, stale: true }
  })
})

t.test('a stop right after a change saves it too', async (t) => {
  const file = join(folderOf(t), 'endpoints.json')
  const origin = await startOrigin(t, (_request, response) => void response.end())
  const stub = await startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer([entry(origin.port)], 5)
  })
  const gateway = await startDiscovering(t, stub.url, `, snapshotFile: "${file}"`)
  await untilEndpoints(gateway, [origin])
  await gateway.gateway.close()
  t.ok(existsSync(file))
})

t.test('without one it is not ready, says why, answers 503, and recovers', async (t) => {
  const origin = await startOrigin(t, (_request, response) => void response.end('served'))
  let isUp = false
  const stub = await startConsulStub(t, (question) => {
    if (!isUp) question.answer('No cluster leader', null, 500)
    else if (!question.query.has('index')) question.answer([entry(origin.port)], 5)
  })
  const gateway = await startDiscovering(t, stub.url)
  const readiness = () => send(`${gateway.adminUrl}/readyz`)
  await eventually(async () => /No cluster leader/.test((await readiness()).text))
  t.match(await readiness(), { status: 503 })
  t.match((await readiness()).json(), {
    status: 'not ready',
    reasons: [/^the upstream orders waits for the first answer about orders from consul: .*Consul answered 500: No cluster leader$/]
  })
  const answer = await send(gateway.url)
  t.match(answer.json(), { status: 503, code: 'SP_NO_ENDPOINTS' })
  t.equal((await send(`${gateway.adminUrl}/livez`)).status, 200, 'alive all the same')

  isUp = true
  await eventually(async () => (await readiness()).status === 200, 30_000)
  t.match(await send(gateway.url), { status: 200, text: 'served' })
})
