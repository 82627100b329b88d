import { Duration, Secret, Size, Type, durationMs, type CheckIssue, type Static } from '../../src/plugin-api/index.ts'

const textOrTexts = (description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], { description })

export const schema = Type.Object(
  {
    url: Type.String({ description: 'Introspection endpoint of the authorization server.', pattern: '^https?://[^/?#@\\s]+(?:[/?][^#\\s]*)?$' }),
    clientId: Type.Optional(Type.String({ description: 'Client that asks, with `clientSecret`, by HTTP Basic.', minLength: 1 })),
    clientSecret: Type.Optional(Secret({ description: 'Secret of the client.' })),
    bearer: Type.Optional(Secret({ description: 'Access token that asks, instead of a client.' })),
    from: Type.Array(
      Type.Union([
        Type.Literal('header'),
        Type.Object({ cookie: Type.String({ pattern: '^[\\w.-]+$' }) }, { additionalProperties: false }),
        Type.Object({ query: Type.String({ pattern: '^[\\w.-]+$' }) }, { additionalProperties: false })
      ]),
      { description: 'Where the token stands; the first place that has one counts.', default: ['header'], minItems: 1 }
    ),
    issuer: Type.Optional(textOrTexts('Accepted `iss`; an answer without it is refused.')),
    audience: Type.Optional(textOrTexts('Accepted `aud`; an answer without it is refused.')),
    leeway: Duration({ description: 'Tolerated clock difference for `exp` and `nbf`.', default: '30s' }),
    timeout: Duration({ description: 'For the whole answer.', default: '2s' }),
    maxBody: Size({ description: 'Longest answer.', default: '64KiB' }),
    cache: Duration({ description: 'How long the answer for an active token is good, at most until its `exp`; 0s asks each time.', default: '30s' }),
    negativeCache: Duration({ description: 'How long the answer for an inactive token is good.', default: '5s' }),
    cacheSize: Type.Integer({
      description: 'Answers to remember, for active and for inactive tokens each.',
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000
    })
  },
  { additionalProperties: false }
)

export type IntrospectionConfig = Static<typeof schema>

const LONGEST_MS = 86_400_000

/** What the schema cannot say. */
export function settingsIssues(config: IntrospectionConfig): CheckIssue[] {
  const issues: CheckIssue[] = []
  const error = (path: string[], message: string, hint?: string) => {
    issues.push({ severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) })
  }
  const { url, clientId, clientSecret, bearer } = config
  if (!URL.canParse(url)) error(['url'], 'not a URL')
  else if (url.startsWith('http:') && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)) {
    issues.push({ severity: 'warning', path: ['url'], message: 'tokens travel unencrypted', hint: 'RFC 7662 section 4 asks for https' })
  }
  if ((clientId === undefined) !== (clientSecret === undefined)) error([], 'clientId and clientSecret belong together')
  if (clientId === undefined && bearer === undefined) error([], 'nobody may ask without credentials', 'give clientId and clientSecret, or bearer')
  if (clientId !== undefined && bearer !== undefined) error(['bearer'], 'expected either a client or a bearer token')
  if (durationMs(config.timeout) === 0) error(['timeout'], 'no server answers in no time')
  for (const key of ['cache', 'negativeCache', 'leeway'] as const) {
    if (durationMs(config[key]) > LONGEST_MS) error([key], `${config[key]} is impossible`, 'at most 1d')
  }
  return issues
}
