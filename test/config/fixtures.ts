import { definePlugin, Duration, Secret, Type, type PluginDefinition } from '../../src/plugin-api/index.ts'
import { compileText, type CompileResult, type TextInput } from '../../src/config/compile-text.ts'
import type { Issue } from '../../src/config/issue.ts'
import type { Plan } from '../../src/config/plan.ts'

const none = (): void => {}
const everywhere = ['global', 'upstream', 'route'] as const

/** Stands for an authentication plugin with secrets and shared definitions. */
export const jwt = definePlugin({
  name: 'jwt',
  phase: 'authenticate',
  scopes: everywhere,
  schema: Type.Object(
    {
      provider: Type.Optional(Type.String({ description: 'Shared definition.' })),
      secret: Type.Optional(Secret({ description: 'Shared secret.' })),
      leeway: Duration({ description: 'Clock difference.', default: '30s' }),
      optional: Type.Boolean({ description: 'Let others pass.', default: false })
    },
    { additionalProperties: false }
  ),
  providerSchema: Type.Object({ secret: Secret({ description: 'Shared secret.' }) }, { additionalProperties: false }),
  check: (config, { route }) =>
    config.optional && route === null
      ? [{ severity: 'error', path: ['optional'], message: 'optional needs a route', hint: 'move it into a route' }]
      : [],
  register: none
})

/** Stands for a plugin whose configuration is full of unions. */
export const limit = definePlugin({
  name: 'limit',
  phase: 'limit',
  scopes: everywhere,
  schema: Type.Object(
    {
      limit: Type.Integer({ description: 'Requests.', minimum: 1 }),
      window: Duration({ description: 'Per.', default: '1m' }),
      by: Type.Union(
        [
          Type.Literal('ip'),
          Type.Literal('route'),
          Type.Object({ header: Type.String() }, { additionalProperties: false }),
          Type.Object({ claim: Type.String() }, { additionalProperties: false })
        ],
        { description: 'Of whom.', default: 'ip' }
      )
    },
    { additionalProperties: false }
  ),
  register: none
})

export const edgeA = definePlugin({
  name: 'edge-a',
  phase: 'edge',
  scopes: everywhere,
  schema: Type.Object({ on: Type.Boolean({ description: 'On.', default: true }) }, { additionalProperties: false }),
  register: none
})

export const edgeB = definePlugin({ ...edgeA, name: 'edge-b' })

export const globalOnly = definePlugin({ ...edgeA, name: 'global-only', scopes: ['global'] })

export const stacking = definePlugin({ ...edgeA, name: 'stacking', phase: 'transform', stacks: true })

export const builtins: readonly PluginDefinition[] = [jwt, limit, edgeA, edgeB, globalOnly, stacking]

/** A valid document without warnings. */
export const VALID = `version: 1
upstreams:
  orders:
    endpoints: [http://orders:3000]
routes:
  - name: orders
    match: { path: /orders }
    upstream: orders
`

export type Options = Partial<Omit<TextInput, 'text' | 'readFile'>> & { readonly files?: Readonly<Record<string, string>> }

export function compileYaml(text: string, { files = {}, ...options }: Options = {}): CompileResult {
  const readFile = (path: string): string => {
    const found = files[path]
    if (found === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
    return found
  }
  return compileText({ file: 'gateway.yaml', env: {}, builtins, readFile, ...options, text })
}

/** The plan of a text that must be valid. */
export function planOf(text: string, options?: Options): Plan {
  const result = compileYaml(text, options)
  if (!result.ok) throw new Error(`not valid: ${JSON.stringify(result.issues, null, 2)}`)
  return result.plan
}

/** `line:column code path`, which says everything but the words. */
export function brief(issues: readonly Issue[]): readonly string[] {
  return issues.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`.trim())
}

export function briefOf(text: string, options?: Options): readonly string[] {
  return brief(compileYaml(text, options).issues)
}

/** A valid document with one more top-level block in front of the upstreams. */
export function withTop(block: string): string {
  return VALID.replace('upstreams:', `${block}\nupstreams:`)
}

/** A valid document whose only route has more keys, indented by four spaces. */
export function withRoute(block: string): string {
  return `${VALID}${block}\n`
}

/** A valid document with other keys in its only route and upstream. */
export function document(route: string, upstream = '{ endpoints: [http://orders:3000] }'): string {
  return `version: 1\nupstreams:\n  orders: ${upstream}\nroutes:\n  - ${route}\n`
}
