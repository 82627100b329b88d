import t from 'tap'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, send } from '../support/client.ts'
import { document, passThrough } from '../support/gateway.ts'
import { startGatewayProcess, temporaryFolder } from '../support/gateway-process.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'

t.test('a changed file is applied, a broken one keeps the running configuration until it is repaired', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const marked = (mark: string) => `${document(passThrough(origin.url))}plugins: { headers: { response: { set: { x-mark: "${mark}" } } } }\n`
  const folder = temporaryFolder(t, { 'gateway.yaml': marked('${file:mark.txt}'), 'mark.txt': 'first' })
  const file = join(folder, 'gateway.yaml')
  const gateway = await startGatewayProcess(t, 'gateway.yaml', { cwd: folder })
  const shows = (mark: string) => eventually(async () => (await send(gateway.url)).headers['x-mark'] === mark)
  const successful = async () => (await scrape(gateway.adminUrl)).get('sallyport_config_last_reload_successful')
  await shows('first')

  await t.test('when a file that it refers to changes', async () => {
    writeFileSync(join(folder, 'mark.txt'), 'second')
    await shows('second')
  })

  await t.test('when it is written in place', async () => {
    writeFileSync(file, marked('third'))
    await shows('third')
  })

  await t.test('when another is renamed over it', async () => {
    writeFileSync(`${file}.new`, marked('fourth'))
    renameSync(`${file}.new`, file)
    await shows('fourth')
  })

  await t.test('not when it is broken', async (t) => {
    writeFileSync(file, marked('fifth').replace('version: 1', 'version: 2').replace('path: /*', 'pth: /*'))
    const line = await gateway.logged('configuration rejected, the running one stays')
    t.equal(line['level'], 'error')
    t.match(line['problems'], [/^gateway\.yaml:1:10: error: version: /, /^gateway\.yaml:\d+:\d+: error: routes\[0\]\.match/])
    t.equal(await successful(), 0)
    await shows('fourth')
  })

  await t.test('when it is repaired', async (t) => {
    writeFileSync(file, marked('fifth'))
    await shows('fifth')
    t.equal(await successful(), 1)
  })
})
