import t from 'tap'
import { readFileSync } from 'node:fs'
import { startProgram, temporaryFolder } from '../support/gateway-process.ts'

t.test('a real process prints and ends as its command says', async (t) => {
  const folder = temporaryFolder(t, { 'bad.yaml': 'version: 3' })
  const schema = startProgram(t, ['schema'])
  const check = startProgram(t, ['check', 'bad.yaml'], { cwd: folder })
  t.equal(await schema.exit, 0)
  t.equal(`${schema.lines.join('\n')}\n`, readFileSync(new URL('../../config/gateway.schema.json', import.meta.url), 'utf8'))
  t.equal(schema.errors(), '')
  t.equal(await check.exit, 1)
  t.match(check.errors(), /^bad\.yaml:1:10: error: version/m)
})
