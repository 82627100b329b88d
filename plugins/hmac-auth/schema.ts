import { Duration, Type, durationMs, type CheckIssue, type Static } from '../../src/plugin-api/index.ts'
import { DERIVED } from './components.ts'
import { ALGORITHMS } from './keys.ts'

export const schema = Type.Object(
  {
    required: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Components that a signature must cover: derived ones (`@method`) and fields in lower case.',
      default: ['@method', '@authority', '@target-uri']
    }),
    contentDigest: Type.Boolean({
      description: 'A signature of a request with a body must cover `content-digest` as well.',
      default: true
    }),
    tag: Type.Optional(Type.String({ description: 'The `tag` that a signature must have. Default: it must have none.', pattern: '^[ -~]+$' })),
    algorithms: Type.Array(Type.Union(ALGORITHMS.map((name) => Type.Literal(name))), {
      description: 'Accepted algorithms, of those that fit the key.',
      default: [...ALGORITHMS],
      minItems: 1
    }),
    maxAge: Duration({ description: 'How long after `created` a signature is good, if `expires` is not earlier; at most `1d`.', default: '5m' }),
    clockSkew: Duration({ description: 'Tolerated clock difference for `created` and `expires`.', default: '30s' }),
    scheme: Type.Optional(
      Type.Enum(['http', 'https'], {
        description: 'Scheme of the URLs that clients sign, where TLS ends before the gateway. Default: that of the listener.'
      })
    ),
    maxRemembered: Type.Integer({
      description: 'Requests of one key within the life of a signature, remembered so that none is accepted twice; 0 accepts copies.',
      default: 100_000,
      minimum: 0,
      maximum: 10_000_000
    })
  },
  { additionalProperties: false }
)

export type HmacAuthConfig = Static<typeof schema>

const PATHS: ReadonlySet<string> = new Set(['@target-uri', '@request-target', '@path'])
const LONGEST_MS = 86_400_000

/** What the schema cannot say. */
export function settingsIssues({ required, maxAge, clockSkew }: HmacAuthConfig): CheckIssue[] {
  const issues: CheckIssue[] = []
  for (const [index, name] of required.entries()) {
    if (name.startsWith('@') ? DERIVED.includes(name) : /^[a-z0-9!#$%&'*+\-.^_`|~]+$/.test(name)) continue
    const hint = `a field name in lower case, or one of ${DERIVED.join(', ')}`
    issues.push({ severity: 'error', path: ['required', index], message: `${name} cannot be required`, hint })
  }
  for (const [key, value] of [['maxAge', maxAge] as const, ['clockSkew', clockSkew] as const]) {
    const ms = durationMs(value)
    if (ms <= LONGEST_MS && (ms > 0 || key === 'clockSkew')) continue
    issues.push({ severity: 'error', path: [key], message: `${value} is impossible`, hint: 'more than 0 and at most 1d' })
  }
  if (!required.some((name) => PATHS.has(name))) {
    issues.push({ severity: 'warning', path: ['required'], message: 'without @target-uri or @path a signature is good for every path' })
  }
  if (!required.includes('@method')) {
    issues.push({ severity: 'warning', path: ['required'], message: 'without @method a signature is good for every method' })
  }
  return issues
}
