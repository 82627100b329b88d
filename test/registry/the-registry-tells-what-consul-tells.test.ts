import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { eventually } from '../support/client.ts'
import { consulMissing } from '../support/consul.ts'
import { type Backend, type Both, normalized, startBoth } from './both.ts'

const WATCHED = [
  '/v1/health/service/web',
  '/v1/catalog/service/web',
  '/v1/health/service/nobody',
  '/v1/catalog/service/nobody',
  '/v1/catalog/services',
  '/v1/health/checks/web',
  '/v1/health/state/any',
  '/v1/catalog/nodes'
]
const QUERIES = [
  ...WATCHED,
  '/v1/health/service/web?passing',
  '/v1/health/service/web?passing=false&stale',
  '/v1/health/service/web?tag=b&consistent',
  '/v1/health/service/web?tag=B&tag=a&near=_agent',
  '/v1/health/service/web?tag=b&tag=nothing',
  '/v1/catalog/service/web?tag=c',
  '/v1/health/state/passing',
  '/v1/health/state/critical',
  '/v1/health/state/strange',
  '/v1/agent/services',
  '/v1/agent/checks',
  '/v1/agent/service/web-1',
  '/v1/agent/service/nobody'
]
/** Consul moves the index of all checks when one is registered again as it is; here nothing moves when nothing has changed. */
const OF_ALL_CHECKS = ['/v1/health/checks/web', '/v1/health/state/any', '/v1/health/service/nobody']

interface Step {
  readonly put: string
  readonly body?: unknown
  /** Queries whose index may move in one of them only. */
  readonly except?: readonly string[]
}

const REGISTER = '/v1/agent/service/register'
const WEB = {
  ID: 'web-1',
  Name: 'web',
  Tags: ['b', 'a'],
  Address: '10.0.0.1',
  Port: 8080,
  Meta: { zone: 'north', instance: 'web-1' },
  Weights: { Passing: 5, Warning: 2 },
  Check: { TTL: '10m', Notes: 'tells' }
}
const CHECK = 'service:web-1'
const { Check: _none, ...WITHOUT_CHECK } = WEB

const script: Readonly<Record<string, readonly Step[]>> = {
  'a service with weights, tags, meta and a check is registered, and again': [
    { put: REGISTER, body: WEB },
    { put: REGISTER, body: WEB, except: OF_ALL_CHECKS }
  ],
  'a service tells the state of its check': [
    { put: `/v1/agent/check/pass/${CHECK}?note=well` },
    { put: `/v1/agent/check/pass/${CHECK}?note=very%20well` },
    { put: `/v1/agent/check/warn/${CHECK}` },
    { put: `/v1/agent/check/fail/${CHECK}?note=broken` },
    { put: `/v1/agent/check/update/${CHECK}`, body: { Status: 'passing', Output: 'well again' } },
    { put: `/v1/agent/check/pass/unknown` },
    { put: `/v1/agent/check/update/unknown`, body: { Status: 'passing' } }
  ],
  'a service is put into maintenance and taken out of it': [
    { put: '/v1/agent/service/maintenance/web-1?enable=true&reason=repair' },
    { put: '/v1/agent/service/maintenance/web-1?enable=true&reason=other' },
    { put: '/v1/agent/service/maintenance/web-1?enable=false' },
    { put: '/v1/agent/service/maintenance/web-1?enable=false' },
    { put: '/v1/agent/service/maintenance/web-1?enable=1' },
    { put: '/v1/agent/service/maintenance/web-1?enable=0' },
    { put: '/v1/agent/service/maintenance/unknown?enable=true' }
  ],
  'a service is registered again with something new': [
    { put: REGISTER, body: { ...WEB, Weights: { Passing: 6, Warning: 2 } }, except: OF_ALL_CHECKS },
    { put: REGISTER, body: { ...WEB, Tags: ['c'] } },
    { put: REGISTER, body: { ...WITHOUT_CHECK, Tags: ['d', 'b'] } },
    { put: REGISTER, body: { ...WITHOUT_CHECK, Meta: { zone: 'south' } } },
    { put: REGISTER, body: { ...WITHOUT_CHECK, Meta: { zone: 'south' } } },
    { put: REGISTER, body: { ...WITHOUT_CHECK, Address: '::1', Port: 9090, EnableTagOverride: true } },
    { put: REGISTER, body: { ...WITHOUT_CHECK, Address: 'web.example.com', TaggedAddresses: { lan: { Address: '10.1.1.1', Port: 5 } } } },
    { put: REGISTER, body: { ...WEB, Check: { TTL: '5m', Notes: 'tells other things', Status: 'critical' } } }
  ],
  'a second instance has no check, then several': [
    { put: REGISTER, body: { name: 'web', id: 'web-2', weights: { passing: 3 }, enable_tag_override: true } },
    { put: REGISTER, body: { Name: 'web', ID: 'web-2', Checks: [{ TTL: '10m' }, { CheckID: 'own', Name: 'my own', TTL: '1h', Status: 'warning' }] } },
    { put: '/v1/agent/check/pass/service:web-2:1' },
    { put: '/v1/agent/check/pass/own?note=mine' },
    { put: '/v1/agent/service/maintenance/web-2?enable=true' },
    { put: `${REGISTER}?replace-existing-checks=true`, body: { Name: 'web', ID: 'web-2', Check: { TTL: '10m', Status: 'passing' } } }
  ],
  'what is not registered at all does nothing': [{ put: '/v1/agent/service/deregister/unknown' }, { put: REGISTER, body: { Name: 'other' } }],
  'instances go one after the other, and one comes back': [
    { put: '/v1/agent/service/deregister/web-2' },
    { put: '/v1/agent/service/deregister/web-1' },
    { put: '/v1/agent/service/deregister/web-1' },
    { put: REGISTER, body: WEB },
    { put: '/v1/agent/service/deregister/other' }
  ]
}

t.test('after every step both tell the same, and the same indexes have moved', { skip: consulMissing(), timeout: 120_000 }, async (t) => {
  const both = await startBoth(t)
  const previous = { ours: await indexesOf(both.ours), consul: await indexesOf(both.consul) }
  let barriers = 0
  for (const [name, steps] of Object.entries(script)) {
    await t.test(name, async (t) => {
      for (const step of steps) {
        const label = `PUT ${step.put} ${step.body === undefined ? '' : JSON.stringify(step.body)}`
        const [ours, consul] = [await both.ours.put(step.put, step.body), await both.consul.put(step.put, step.body)]
        t.equal(ours.status, consul.status, `${label} is answered ${ours.status}`)
        await compare(t, both, previous, label, step.except ?? [])
        await settle(both, ++barriers)
        await compare(t, both, previous, `${label}, when nothing more can follow`, step.except ?? [])
        previous.ours = await indexesOf(both.ours)
        previous.consul = await indexesOf(both.consul)
      }
    })
  }
})

type Indexes = Readonly<Record<string, number>>
interface Previous {
  ours: Indexes
  consul: Indexes
}

/** Consul's agent tells its catalogue in the background: first wait until they are equal, then say what is not. */
async function compare(t: Test, both: Both, previous: Previous, label: string, except: readonly string[]): Promise<void> {
  let [ours, consul]: unknown[] = []
  const look = async (): Promise<boolean> => {
    ours = await snapshot(both.ours, previous.ours, except)
    consul = await snapshot(both.consul, previous.consul, except)
    return isDeepStrictEqual(ours, consul)
  }
  await eventually(look, 3000).catch(() => {})
  t.strictSame(ours, consul, label)
}

/** The agent tells its catalogue in rounds: when it has told of two services registered one after the other, an earlier round is over. */
async function settle({ ours, consul }: Both, barrier: number): Promise<void> {
  for (const round of ['first', 'second']) {
    const tag = `${round}-${barrier}`
    for (const backend of [ours, consul]) {
      await backend.put(REGISTER, { Name: 'barrier', Tags: [tag] })
      await eventually(async () => (await backend.get('/v1/catalog/service/barrier')).text.includes(tag))
    }
  }
}

async function snapshot(backend: Backend, previous: Indexes, except: readonly string[]): Promise<unknown> {
  const indexes = await indexesOf(backend)
  const moved = WATCHED.filter((path) => !except.includes(path) && indexes[path] !== previous[path])
  return { moved, answers: Object.fromEntries(await Promise.all(QUERIES.map(async (path) => [path, await answerOf(backend, path)] as const))) }
}

async function answerOf(backend: Backend, path: string): Promise<unknown> {
  const { status, headers, text } = await backend.get(path)
  const about = ['content-type', 'x-consul-knownleader', 'x-consul-lastcontact', 'x-consul-effective-consistency'].map((name) => headers[name])
  const body: unknown = status === 200 ? JSON.parse(text) : text
  // There is no server here that could be a service of itself.
  if (path === '/v1/catalog/services') delete (body as { consul?: unknown }).consul
  return { status, about, body: normalized(body) }
}

async function indexesOf(backend: Backend): Promise<Indexes> {
  const answers = await Promise.all(WATCHED.map(async (path) => [path, Number((await backend.get(path)).headers['x-consul-index'])] as const))
  return Object.fromEntries(answers)
}
