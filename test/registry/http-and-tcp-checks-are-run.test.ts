import http, { type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { eventually } from '../support/client.ts'
import { consulMissing } from '../support/consul.ts'
import { type Backend, startBoth, startOurs } from './both.ts'

interface Seen {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers the status that its path names; `hang` is never answered. */
async function startOrigin(t: Test): Promise<{ host: string; seen: Map<string, Seen>; answer: Map<string, number> }> {
  const seen = new Map<string, Seen>()
  const answer = new Map<string, number>()
  const server = http.createServer((request, response) => {
    const path = request.url ?? ''
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      seen.set(path, { method: request.method ?? '', headers: request.headers, body })
      if (path !== '/hang') response.writeHead(answer.get(path) ?? Number(path.slice(1))).end('said the service')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen, answer }
}

interface Check {
  readonly Status: string
  readonly Output: string
}

async function behave(t: Test, backend: Backend): Promise<void> {
  const { host, seen, answer } = await startOrigin(t)
  const checks = async () => (await backend.get('/v1/agent/checks')).json() as Record<string, Check>
  const register = async (CheckID: string, check: object) =>
    backend.put('/v1/agent/service/register', { Name: CheckID, Check: { CheckID, Interval: '1s', ...check } })
  const found = async (id: string, status: string, output: string | RegExp): Promise<void> => {
    await eventually(async () => (await checks())[id]?.Status === status && (await checks())[id]?.Output !== '')
    t.match((await checks())[id], { Status: status, Output: output })
  }
  await register('good', { HTTP: `http://${host}/200`, Header: { 'X-Asked': ['why', 'not'] } })
  await register('busy', { HTTP: `http://${host}/429`, Method: 'PUT', Body: 'how are you' })
  await register('bad', { HTTP: `http://${host}/503`, Status: 'passing' })
  await register('hanging', { HTTP: `http://${host}/hang`, Timeout: '100ms', Status: 'passing' })
  await register('closed', { HTTP: 'http://127.0.0.1:1/', Status: 'passing' })
  await register('strange', { HTTP: 'nonsense', Status: 'passing' })
  await register('tcp', { TCP: host })
  await register('tcp-closed', { TCP: '127.0.0.1:1', Status: 'passing' })
  await register('tcp-strange', { TCP: 'nonsense', Status: 'passing' })

  await found('good', 'passing', `HTTP GET http://${host}/200: 200 OK Output: said the service`)
  t.match(seen.get('/200'), { method: 'GET', headers: { 'user-agent': 'Consul Health Check', 'x-asked': 'why, not' } })
  await found('busy', 'warning', `HTTP PUT http://${host}/429: 429 Too Many Requests Output: said the service`)
  t.match(seen.get('/429'), { method: 'PUT', body: 'how are you' })
  await found('bad', 'critical', `HTTP GET http://${host}/503: 503 Service Unavailable Output: said the service`)
  await found('tcp', 'passing', `TCP connect ${host}: Success`)
  for (const id of ['hanging', 'closed', 'strange', 'tcp-closed', 'tcp-strange']) await found(id, 'critical', /.{10}/)

  answer.set('/200', 500)
  await found('good', 'critical', /500 Internal Server Error/)
  answer.set('/200', 204)
  await found('good', 'passing', /204 No Content/)
  await eventually(async () => (await backend.get('/v1/health/checks/good')).text.includes('204 No Content'))

  await backend.put('/v1/agent/service/deregister/good')
  const anotherRound = async (): Promise<void> => {
    seen.delete('/429')
    await eventually(() => seen.has('/429'))
  }
  // Whatever was under way is over.
  await anotherRound()
  seen.delete('/200')
  await anotherRound()
  await anotherRound()
  t.notOk(seen.has('/200'), 'who has gone is not asked any more')
}

// Both mostly wait.
t.jobs = 2

t.test('by the registry', async (t) => behave(t, await startOurs(t)))

t.test('by Consul', { skip: consulMissing() }, async (t) => behave(t, (await startBoth(t)).consul))
