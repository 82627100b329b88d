import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { schemaFile } from '../../src/config/schema.ts'
import { readRepositoryFile } from './source-files.ts'

t.test('config/gateway.schema.json is what the schemas say today; npm run schema writes it', (t) => {
  t.equal(readRepositoryFile('config/gateway.schema.json'), schemaFile(builtinPlugins))
  t.end()
})
