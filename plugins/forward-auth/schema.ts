import { Duration, Size, Type, durationMs, type CheckIssue, type Static } from '../../src/plugin-api/index.ts'

const fieldNames = (description: string, names: readonly string[]) =>
  Type.Array(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), { description, default: [...names] })

export const schema = Type.Object(
  {
    url: Type.String({ description: 'URL of the service that decides; http or https.', pattern: '^https?://[^/?#@\\s]+(?:[/?][^#\\s]*)?$' }),
    method: Type.Enum(['GET', 'HEAD', 'POST'], { description: 'Method of the question; it never has a body.', default: 'GET' }),
    requestHeaders: fieldNames('Fields of the request that the service sees: the credentials.', ['authorization', 'cookie']),
    responseHeaders: fieldNames('Fields of the answer that the upstream gets; what the client sent under these names never passes.', []),
    consumerHeader: Type.Optional(
      Type.String({ description: "Field of the answer that has the consumer's name.", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" })
    ),
    passRedirects: Type.Boolean({ description: 'Pass redirects of the service on to the client, to a login page.', default: false }),
    timeout: Duration({ description: 'For the whole answer.', default: '2s' }),
    maxBody: Size({ description: 'Longest body of an answer.', default: '64KiB' }),
    cache: Duration({ description: 'How long a request that was let in lets in equal ones; 0s asks each time.', default: '0s' }),
    cacheByCredentialsOnly: Type.Boolean({
      description: 'The decision depends on `requestHeaders` alone: it is remembered for every method, host, target and client address.',
      default: false
    }),
    cacheSize: Type.Integer({ description: 'Decisions to remember.', default: 10_000, minimum: 1, maximum: 1_000_000 })
  },
  { additionalProperties: false }
)

export type ForwardAuthConfig = Static<typeof schema>

/** Of one connection or one message, or the gateway's own to say. */
const RESERVED = /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-length|http2-settings|proxy-.*|x-forwarded-.*)$/i
const CONSUMER = /^x-consumer-/i
const LONGEST_MS = 86_400_000

/** What the schema cannot say. */
export function settingsIssues(config: ForwardAuthConfig): CheckIssue[] {
  const issues: CheckIssue[] = []
  const error = (path: (string | number)[], message: string, hint?: string) => {
    issues.push({ severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) })
  }
  if (!URL.canParse(config.url)) error(['url'], 'not a URL')
  for (const key of ['requestHeaders', 'responseHeaders'] as const) {
    for (const [index, name] of config[key].entries()) {
      if (RESERVED.test(name)) error([key, index], `${name} cannot be copied`)
      else if (CONSUMER.test(name)) error([key, index], `${name} is the gateway's own to say`, 'name the field of the answer in consumerHeader')
    }
  }
  if (durationMs(config.timeout) === 0) error(['timeout'], 'no service answers in no time')
  if (durationMs(config.cache) > LONGEST_MS) error(['cache'], `${config.cache} is impossible`, 'at most 1d')
  if (config.cacheByCredentialsOnly && config.requestHeaders.length === 0) {
    error(['cacheByCredentialsOnly'], 'there are no credentials to go by', 'name them in requestHeaders')
  }
  if (config.cacheByCredentialsOnly && durationMs(config.cache) === 0) {
    issues.push({ severity: 'warning', path: ['cacheByCredentialsOnly'], message: 'nothing is remembered', hint: 'give cache a duration' })
  }
  return issues
}
