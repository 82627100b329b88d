import t from 'tap'
import { send } from '../support/client.ts'
import { consulMissing } from '../support/consul.ts'
import { type Backend, startBoth } from './both.ts'

const REGISTER = '/v1/agent/service/register'

/** Bodies of a registration, without the name when it is not the point. */
const registrations: readonly unknown[] = [
  'nonsense',
  '',
  '[]',
  'null',
  '{"Name":"web"',
  '{"Name":"web",}',
  {},
  { Name: '' },
  { Name: 5 },
  { Name: 'web', Unknown: 1 },
  { Name: 'web', Tags: 'a' },
  { Name: 'web', Tags: [5] },
  { Name: 'web', Tags: null, Meta: null, Weights: null, Check: null, Checks: null, ID: null },
  { Name: 'web', Port: 'x' },
  { Name: 'web', Port: 1.5 },
  { Name: 'web', Port: -1 },
  { Name: 'web', Address: '0.0.0.0' },
  { Name: 'web', Address: '::' },
  { Name: 'web', Address: 5 },
  { Name: 'web', Meta: { 'a b': 'x' } },
  { Name: 'web', Meta: { '': 'x' } },
  { Name: 'web', Meta: { a: 5 } },
  { Name: 'web', Meta: { 'consul-a': 'x' } },
  { Name: 'web', Meta: { a: 'x'.repeat(512) } },
  { Name: 'web', Meta: { a: 'x'.repeat(513) } },
  { Name: 'web', Meta: { ['k'.repeat(129)]: 'x' } },
  { Name: 'web', Meta: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])) },
  { Name: 'web', Weights: {} },
  { Name: 'web', Weights: { Passing: 0 } },
  { Name: 'web', Weights: { Passing: 1, Warning: -1 } },
  { Name: 'web', Weights: { Passing: 65_535 } },
  { Name: 'web', Weights: { Passing: 65_536 } },
  { Name: 'web', Weights: 5 },
  { Name: 'web', EnableTagOverride: 'yes' },
  { Name: 'web', Checks: {} },
  { Name: 'web', Checks: [5] },
  { Name: 'web', Checks: [{}] },
  { Name: 'web', TaggedAddresses: { lan: 5 } }
]

const checks: readonly unknown[] = [
  {},
  [],
  { TTL: '10s' },
  { TTL: 10_000_000_000 },
  { TTL: '10' },
  { TTL: '' },
  { TTL: 'soon' },
  { TTL: '-5s' },
  { TTL: '0s' },
  { TTL: '1h1.5m2s3ms4us5ns' },
  { TTL: '10s', Status: 'well' },
  { TTL: '10s', Status: '' },
  { TTL: '10s', Unknown: 1 },
  { TTL: '10s', ID: 'x' },
  { TTL: '10s', Timeout: '1s' },
  { TTL: '10s', Interval: '1s' },
  { TTL: '10s', DeregisterCriticalServiceAfter: '1s' },
  { TTL: '10s', DeregisterCriticalServiceAfter: 'x' },
  { Name: 'only a name' },
  { Interval: '10s' },
  { HTTP: 5 },
  { HTTP: 'http://127.0.0.1:1' },
  { HTTP: 'http://127.0.0.1:1', Interval: '-5s' },
  { HTTP: 'http://127.0.0.1:1', Interval: '10s', Timeout: 'x' },
  { HTTP: 'http://127.0.0.1:1', Interval: '10s', Header: { a: 'b' } },
  { HTTP: 'http://127.0.0.1:1', Interval: '10s', Header: { a: ['b'] } },
  { HTTP: 'http://127.0.0.1:1', TTL: '10s' },
  { TCP: '127.0.0.1:1' },
  { TCP: 'nonsense', Interval: '10s' }
]

const updates: readonly unknown[] = [
  '',
  'nonsense',
  '[]',
  {},
  { Status: 'well' },
  { Status: 5 },
  { Status: 'passing', Unknown: 1 },
  { Status: 'passing' }
]

const requests: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/v1/nothing'],
  ['GET', '/v1/'],
  ['GET', '/nothing'],
  ['PUT', '/v1/status/leader'],
  ['POST', REGISTER],
  ['GET', REGISTER],
  ['DELETE', '/v1/agent/service/deregister/x'],
  ['OPTIONS', '/v1/catalog/nodes'],
  ['GET', '/v1/agent/service/unknown'],
  ['GET', '/v1/agent/service/%zz'],
  ['PUT', '/v1/agent/service/deregister/'],
  ['PUT', '/v1/agent/service/deregister/unknown'],
  ['PUT', '/v1/agent/service/maintenance/?enable=true'],
  ['PUT', '/v1/agent/service/maintenance/here'],
  ['PUT', '/v1/agent/service/maintenance/here?enable'],
  ['PUT', '/v1/agent/service/maintenance/here?enable=yes'],
  ['PUT', '/v1/agent/service/maintenance/here?enable=T'],
  ['PUT', '/v1/agent/service/maintenance/unknown?enable=true'],
  ['PUT', '/v1/agent/check/pass/'],
  ['PUT', '/v1/agent/check/pass/unknown'],
  ['PUT', '/v1/agent/check/warn/http-check'],
  ['PUT', '/v1/agent/check/fail/http-check'],
  ['GET', '/v1/health/service/'],
  ['GET', '/v1/health/checks/'],
  ['GET', '/v1/health/state/'],
  ['GET', '/v1/catalog/service/'],
  ['GET', '/v1/health/service/here?index=abc'],
  ['GET', '/v1/health/service/here?index=-1'],
  ['GET', '/v1/health/service/here?index=18446744073709551616'],
  ['GET', '/v1/health/service/here?wait=abc'],
  ['GET', '/v1/health/service/here?wait=10'],
  ['GET', '/v1/health/service/here?passing=maybe'],
  ['GET', '/v1/health/service/here?stale&consistent'],
  ['GET', '/v1/health/service/here/below?near=_agent&cached'],
  ['GET', '/v1/catalog/nodes?dc=elsewhere'],
  ['GET', '/v1/catalog/nodes?dc=dc1&token=secret']
]

t.test('both answer requests that are right, and those that are wrong, with the same status', { skip: consulMissing() }, async (t) => {
  const both = await startBoth(t)
  for (const backend of [both.ours, both.consul]) {
    const check = { CheckID: 'http-check', HTTP: 'http://127.0.0.1:1', Interval: '1h' }
    t.equal((await backend.put(REGISTER, { Name: 'here', Check: check })).status, 200)
  }
  const compare = async (label: string, ask: (backend: Backend) => Promise<{ status: number; text: string }>): Promise<void> => {
    const [ours, consul] = [await ask(both.ours), await ask(both.consul)]
    t.equal(ours.status, consul.status, `${label} is answered ${consul.status} ${consul.text.slice(0, 60).trim()}`)
    // Consul has no word for a path that there is not.
    if (ours.status >= 400 && ours.status !== 404) t.ok(ours.text.length > 5, `and says why: ${ours.text}`)
  }
  for (const body of registrations) await compare(`registration ${short(body)}`, async (backend) => backend.put(REGISTER, body))
  for (const check of checks) await compare(`check ${short(check)}`, async (backend) => backend.put(REGISTER, { Name: 'web', Check: check }))
  for (const body of updates) await compare(`update ${short(body)}`, async (backend) => backend.put('/v1/agent/check/update/unknown', body))
  for (const [method, path] of requests) await compare(`${method} ${path}`, async ({ url }) => send(url, { method, path }))
})

t.test('both give the same reason for what is not there', { skip: consulMissing() }, async (t) => {
  const both = await startBoth(t)
  const asked = [
    '/v1/agent/service/unknown',
    '/v1/health/service/',
    '/v1/health/state/',
    '/v1/health/service/x?index=a',
    '/v1/health/service/x?wait=a'
  ]
  for (const path of asked) t.equal((await both.ours.get(path)).text, (await both.consul.get(path)).text, path)
  const told = ['/v1/agent/check/pass/unknown', '/v1/agent/service/deregister/', '/v1/agent/service/maintenance/unknown?enable=true']
  for (const path of told) t.equal((await both.ours.put(path)).text, (await both.consul.put(path)).text, path)
})

function short(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 80)
}
