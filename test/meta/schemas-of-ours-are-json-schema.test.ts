import t from 'tap'
import { Ajv } from 'ajv'
import { builtinPlugins } from '../../plugins/index.ts'
import type { TSchema } from '../../src/plugin-api/index.ts'
import { FastifyEntry, UseEntry } from '../../src/config/plugin-entry.ts'
import { CORE_SCHEMA } from '../../src/config/schema-document.ts'
import { ScenarioDocument } from '../../src/simulation/scenario-schema.ts'

t.test('every schema that is not held against the schema of schemas when a gateway starts keeps to it', (t) => {
  const ofPlugins = builtinPlugins.flatMap(({ name, schema, providerSchema }): [string, TSchema][] => [
    [name, schema],
    ...(providerSchema === undefined ? [] : [[`providers of ${name}`, providerSchema] satisfies [string, TSchema]])
  ])
  const schemas: readonly [string, TSchema][] = [
    ['document', CORE_SCHEMA],
    ['use', UseEntry],
    ['fastify', FastifyEntry],
    ['scenario', ScenarioDocument],
    ...ofPlugins
  ]
  const ajv = new Ajv({ logger: false })
  for (const [name, schema] of schemas) t.equal(ajv.validateSchema(schema), true, `${name} ${ajv.errorsText()}`)
  t.notOk(ajv.validateSchema({ type: 'text' }), 'and one that is none is told')
  t.ok(schemas.length > 20)
  t.end()
})
