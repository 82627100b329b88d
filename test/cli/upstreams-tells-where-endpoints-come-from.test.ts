import t from 'tap'
import { describe, startDiscovering, untilEndpoints } from '../discovery/gateway-kit.ts'
import { cli } from '../support/cli.ts'
import { eventually } from '../support/client.ts'
import { type ConsulQuestion, entry, startConsulStub } from '../support/consul-stub.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

const ask = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => cli(args, '.', env)

t.test('endpoints of a registry, what is held, what was skipped, how old it is', async (t) => {
  const origins = await Promise.all([1, 2, 3].map(() => startOrigin(t, (_request, response) => void response.end())))
  let waiting: ConsulQuestion | null = null
  const stub = await startConsulStub(t, (question) => {
    const index = question.query.get('index')
    if (index === '5') waiting = question
    // After the empty answer nothing changes any more.
    else if (index !== '6') question.answer([...origins.map(({ port }) => entry(port, { Tags: ['v2'] })), entry(0, { ID: 'broken' })], 5)
  })
  const gateway = await startDiscovering(t, stub.url)
  await untilEndpoints(gateway, origins)
  await eventually(() => waiting !== null)
  ;(waiting as unknown as ConsulQuestion).answer([], 6)
  await eventually(async () => (await describe(gateway)).discovery.held?.length === 3)

  const { out, code } = await ask(['upstreams', '--admin', gateway.adminUrl])
  t.equal(code, 0)
  t.match(out, /^UPSTREAM +ENDPOINT +STATE +WEIGHT +ZONE +IN FLIGHT +SOURCE +NOTE\n/)
  for (const { url } of origins) t.match(out, new RegExp(`orders +${url} +available +1 +of-the-node +0 +consul +held: empty; tags: v2\n`))
  t.match(out, /\norders: consul orders, last answer \d+ s ago\n/)
  t.match(out, new RegExp(`\n  held ${origins[0]?.url}: empty\n`))

  const json = await ask(['upstreams', 'orders', '--format', 'json'], { SALLYPORT_ADMIN: gateway.adminUrl })
  t.match(JSON.parse(json.out), [{ name: 'orders', endpoints: [{ source: 'consul' }, {}, {}], discovery: { provider: 'consul', service: 'orders' } }])
})

t.test('endpoints of the file, a name that does not exist, a gateway that is not there', async (t) => {
  const origin = await startOrigin(t, (_request, response) => void response.end())
  const gateway = await startGateway(t, passThrough(origin.url))
  const all = await ask(['upstreams', '--admin', gateway.adminUrl])
  t.match(all.out, new RegExp(`origin +${origin.url} +available +1 +– +0 +config\n`))
  const unknown = await ask(['upstreams', 'orders', '--admin', gateway.adminUrl])
  t.match(unknown, { code: 1, err: /there is no upstream "orders"; there are origin/ })
  const wrong = await ask(['upstreams', '--admin', gateway.url])
  t.match(wrong, { code: 1, err: /cannot ask|is it the admin listener/ })
  const away = await ask(['upstreams', '--admin', 'http://127.0.0.1:2'])
  t.match(away, { code: 1, err: /cannot ask http:\/\/127\.0\.0\.1:2: connect ECONNREFUSED/ })
  t.match(await ask(['upstreams', '--admin', '::::']), { code: 64, err: /--admin must be a url/ })
})
