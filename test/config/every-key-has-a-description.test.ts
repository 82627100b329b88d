import t from 'tap'
import { gatewaySchema, schemaFile } from '../../src/config/schema.ts'
import { checkSchema } from '../../src/config/schema-check.ts'
import { CORE_SCHEMA } from '../../src/config/schema-document.ts'
import { builtins } from './fixtures.ts'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [key: string]: unknown
}

function walk(schema: unknown, path: string, visit: (schema: Schema, path: string) => void): void {
  if (typeof schema !== 'object' || schema === null) return
  visit(schema as Schema, path)
  for (const [key, inner] of Object.entries(schema)) if (key !== 'default') walk(inner, `${path}/${key}`, visit)
}

t.test('every key of the document is described', (t) => {
  const silent: string[] = []
  walk(CORE_SCHEMA, '', ({ properties = {} }, path) => {
    for (const [key, inner] of Object.entries(properties)) if ((inner.description ?? '').length < 10) silent.push(`${path}/${key}`)
  })
  t.strictSame(silent, [])
  t.end()
})

t.test('every map with keys of its own is closed', (t) => {
  const open: string[] = []
  walk(CORE_SCHEMA, '', (schema, path) => {
    if (schema.properties !== undefined && schema['additionalProperties'] !== false) open.push(path)
  })
  t.strictSame(open, [])
  t.end()
})

t.test('the schema file asks for no key that has a default', (t) => {
  walk(gatewaySchema(builtins), '', ({ properties = {}, ...schema }, path) => {
    const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : []
    for (const key of required) t.notOk('default' in (properties[key] ?? {}), `${path}/${key}`)
  })
  t.end()
})

t.test('the schema file takes what an operator writes, and plugins only where they may stand', (t) => {
  const schema = JSON.parse(schemaFile(builtins)) as object
  const { $schema: _, ...plain } = schema as { readonly $schema: string }
  const document = {
    version: 1,
    providers: { a: { secret: 'x' }, b: { type: 'jwt', secret: 'x' } },
    plugins: { jwt: null, x: { use: './x.ts' }, 'global-only': {} },
    upstreams: { a: { endpoints: ['http://a', { url: 'http://b' }] } },
    routes: [{ name: 'a', match: { path: '/a' }, upstream: 'a', plugins: { jwt: false, y: { fastify: 'y' } } }]
  }
  t.strictSame(checkSchema(plain, document, false), [])
  t.not(
    checkSchema(plain, { ...document, routes: [{ name: 'a', match: { path: '/a' }, upstream: 'a', plugins: { 'global-only': {} } }] }, false).length,
    0
  )
  t.end()
})
