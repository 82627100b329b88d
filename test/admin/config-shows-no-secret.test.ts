import t from 'tap'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtinPlugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { send } from '../support/client.ts'
import { document, startGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

t.test('/config shows no secret, wherever it came from', async (t) => {
  const secrets = {
    variable: 'a-secret-from-a-variable-of-32-bytes',
    file: 'a-secret-from-a-file-with-32-bytes-',
    text: 'a-secret-in-the-document-of-32-bytes'
  }
  const text = document(`
providers:
  from-variable: { secret: "\${JWT_SECRET}", issuer: shop }
  from-file: { secret: "\${file:jwt.secret}" }
upstreams: { origin: { endpoints: ["http://127.0.0.1:1"] } }
routes:
  - { name: a, match: { path: /a }, upstream: origin, plugins: { jwt: { provider: from-variable } } }
  - { name: b, match: { path: /b }, upstream: origin, plugins: { jwt: { provider: from-file } } }
  - { name: c, match: { path: /c }, upstream: origin, plugins: { jwt: { secret: ${secrets.text} } } }`)
  const folder = temporaryFolder(t, { 'jwt.secret': `${secrets.file}\n` })
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, text)
  const loaded = await loadConfig({ file, env: { JWT_SECRET: secrets.variable }, builtins: builtinPlugins })
  t.same(loaded.issues, [])
  if (!loaded.ok) return
  const { adminUrl } = await startGateway(t, '', { plan: loaded.plan })

  const shown = await send(`${adminUrl}/config`)
  for (const secret of Object.values(secrets)) t.notMatch(shown.text, secret)
  const { config } = shown.json()
  t.match(config.providers, { 'from-variable': { secret: '***', issuer: 'shop' }, 'from-file': { secret: '***' } })
  t.equal(config.routes[2].plugins.jwt.secret, '***')
  for (const path of ['/routes', '/upstreams', '/metrics']) t.notMatch((await send(adminUrl + path)).text, /a-secret-/, path)
})
