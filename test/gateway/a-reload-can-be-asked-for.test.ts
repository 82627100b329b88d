import t from 'tap'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, send } from '../support/client.ts'
import { document, passThrough } from '../support/gateway.ts'
import { startGatewayProcess, temporaryFolder } from '../support/gateway-process.ts'

t.test('a reload can be asked for by SIGHUP and by POST /reload', async (t) => {
  const withRoute = (name: string) => document(passThrough('http://127.0.0.1:1')).replace('name: all', `name: ${name}`)
  const folder = temporaryFolder(t, { 'gateway.yaml': withRoute('first') })
  const file = join(folder, 'gateway.yaml')
  const gateway = await startGatewayProcess(t, file, { args: ['--no-watch'] })
  const routes = async () => (await send(`${gateway.adminUrl}/routes`)).json().map((route: { name: string }) => route.name)
  const reload = () => send(`${gateway.adminUrl}/reload`, { method: 'POST' })
  t.same(await routes(), ['first'])

  writeFileSync(file, withRoute('second'))
  gateway.child.kill('SIGHUP')
  await eventually(async () => (await routes())[0] === 'second')

  writeFileSync(file, withRoute('third'))
  const applied = await reload()
  t.equal(applied.status, 200)
  t.equal(applied.json().result, 'applied')
  t.same(await routes(), ['third'])
  t.equal((await reload()).json().result, 'unchanged')

  writeFileSync(file, withRoute('fourth').replace('upstream: origin', 'upstream: missing'))
  const rejected = await reload()
  t.equal(rejected.status, 422)
  t.match(rejected.json(), { result: 'rejected', problems: [/^\S+gateway\.yaml:\d+:\d+: error: routes\[0\]\.upstream/] })
  t.same(await routes(), ['third'])
  t.match((await send(`${gateway.adminUrl}/config`)).json().lastReload, { result: 'rejected' })
})
