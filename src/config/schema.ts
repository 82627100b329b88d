import { SCOPES, Type, type PluginDefinition, type Scope, type TSchema } from '../plugin-api/index.ts'
import { FastifyEntry, UseEntry } from './plugin-entry.ts'
import { isMap } from './prepare.ts'
import { documentSchema } from './schema-document.ts'

/**
 * Editors know a schema by its id. Draft-07, because that is what the YAML support of VS Code and of JetBrains IDEs
 * implements in full; newer drafts only in parts.
 */
const HEAD = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:sallyport:schema:gateway:1',
  title: 'Sallyport gateway configuration'
}

/** JSON Schema of the whole document with every built-in plugin in it. */
export function gatewaySchema(definitions: readonly PluginDefinition[]): Readonly<Record<string, unknown>> {
  const sharing = definitions.filter(({ providerSchema }) => providerSchema !== undefined)
  const [only] = sharing
  const providers = sharing.map(({ name, providerSchema }) => withType(name, providerSchema as TSchema, sharing.length > 1 || only === undefined))
  const schema = documentSchema<TSchema>({
    providers: Type.Record(Type.String(), Type.Union(providers), { description: 'Definitions that plugins share, by name.', default: {} }),
    global: pluginMap(definitions, 'global', 'Plugins for every request.'),
    upstream: pluginMap(definitions, 'upstream', 'Plugins for requests to this upstream; `false` turns an inherited one off.'),
    route: pluginMap(definitions, 'route', 'Plugins for requests of this route; `false` turns an inherited one off.')
  })
  return { ...HEAD, ...(withoutFilledKeys(schema) as object) }
}

/** The text of `config/gateway.schema.json`. */
export function schemaFile(definitions: readonly PluginDefinition[]): string {
  return `${JSON.stringify(gatewaySchema(definitions), null, 2)}\n`
}

function pluginMap(definitions: readonly PluginDefinition[], scope: Scope, description: string): TSchema {
  const usable = definitions.filter(({ scopes }) => scopes.includes(scope))
  const entries = usable.map(
    ({ name, phase, schema }) =>
      [name, Type.Optional(Type.Union([schema, OFF, DEFAULTS], { description: `The built-in plugin ${name} (phase ${phase}).` }))] as const
  )
  return Type.Object(Object.fromEntries(entries), { description, default: {}, additionalProperties: Type.Union([UseEntry, FastifyEntry, OFF]) })
}

const OFF = Type.Literal(false, { description: `Turns off what a wider scope set (scopes: ${SCOPES.slice(0, 3).join(', ')}).` })
const DEFAULTS = Type.Null({ description: 'The defaults of the plugin.' })

/** A provider's definition with the key that says whose it is. */
function withType(name: string, schema: TSchema, required: boolean): TSchema {
  const { properties = {}, required: others = [], ...rest } = schema as { readonly properties?: object; readonly required?: readonly string[] }
  const type = Type.Literal(name, { description: 'The plugin that the definition is for.' })
  return { ...rest, properties: { type, ...properties }, required: required ? ['type', ...others] : others }
}

/** Keys that have a default need not be written, so an editor must not ask for them. Also drops empty `required`. */
function withoutFilledKeys(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutFilledKeys)
  if (!isMap(schema)) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, inner]) => [key, key === 'default' ? inner : withoutFilledKeys(inner)]))
  const { properties, required } = copy
  if (!Array.isArray(required) || !isMap(properties)) return copy
  const left = required.filter((key) => {
    const inner = properties[String(key)]
    return !(isMap(inner) && 'default' in inner)
  })
  if (left.length > 0) return { ...copy, required: left }
  const { required: _, ...open } = copy
  return open
}
