import { Type, type CheckIssue, type Static } from '../../src/plugin-api/index.ts'

const OFF = Type.Literal(false)
const oneOf = (values: readonly string[], description: string, byDefault: string | false) =>
  Type.Union([OFF, ...values.map((value) => Type.Literal(value))], { description, default: byDefault })
const text = (description: string, byDefault: string | false) =>
  Type.Union([OFF, Type.String({ pattern: '^[!-~](?:[ -~]*[!-~])?$' })], { description, default: byDefault })

export const schema = Type.Object(
  {
    strictTransportSecurity: text('`Strict-Transport-Security`, sent only when the request came by https.', 'max-age=31536000'),
    contentTypeOptions: oneOf(['nosniff'], '`X-Content-Type-Options`.', 'nosniff'),
    frameOptions: oneOf(['DENY', 'SAMEORIGIN'], '`X-Frame-Options`.', 'SAMEORIGIN'),
    referrerPolicy: text('`Referrer-Policy`, one or several by comma.', 'strict-origin-when-cross-origin'),
    permissionsPolicy: text('`Permissions-Policy`.', false),
    contentSecurityPolicy: text('`Content-Security-Policy`.', false),
    crossOriginOpenerPolicy: oneOf(
      ['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none'],
      '`Cross-Origin-Opener-Policy`.',
      false
    ),
    crossOriginResourcePolicy: oneOf(['same-origin', 'same-site', 'cross-origin'], '`Cross-Origin-Resource-Policy`.', false),
    crossOriginEmbedderPolicy: oneOf(['require-corp', 'credentialless', 'unsafe-none'], '`Cross-Origin-Embedder-Policy`.', false),
    override: Type.Boolean({ description: 'Replace the fields that the upstream has set.', default: false })
  },
  { additionalProperties: false }
)

export type SecurityHeadersConfig = Static<typeof schema>

type FieldKey = Exclude<keyof SecurityHeadersConfig, 'override'>

/** Field name by key of the configuration. */
export const FIELDS: Readonly<Record<FieldKey, string>> = {
  strictTransportSecurity: 'strict-transport-security',
  contentTypeOptions: 'x-content-type-options',
  frameOptions: 'x-frame-options',
  referrerPolicy: 'referrer-policy',
  permissionsPolicy: 'permissions-policy',
  contentSecurityPolicy: 'content-security-policy',
  crossOriginOpenerPolicy: 'cross-origin-opener-policy',
  crossOriginResourcePolicy: 'cross-origin-resource-policy',
  crossOriginEmbedderPolicy: 'cross-origin-embedder-policy'
}

const REFERRER_POLICIES: ReadonlySet<string> = new Set([
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url'
])

/** Values that browsers would ignore without a word. */
export function settingsIssues(config: SecurityHeadersConfig): CheckIssue[] {
  const issues: CheckIssue[] = []
  const { strictTransportSecurity: hsts, referrerPolicy } = config
  // RFC 6797 section 6.1.1: the one directive that must be there.
  if (hsts !== false && !/(?:^|;)\s*max-age\s*=\s*(?:\d+|"\d+")\s*(?:;|$)/i.test(hsts)) {
    issues.push({ severity: 'error', path: ['strictTransportSecurity'], message: 'max-age is missing', hint: 'max-age=31536000' })
  }
  if (referrerPolicy !== false) {
    const unknown = referrerPolicy.split(',').find((name) => !REFERRER_POLICIES.has(name.trim()))
    if (unknown !== undefined) {
      const hint = [...REFERRER_POLICIES].join(', ')
      issues.push({ severity: 'error', path: ['referrerPolicy'], message: `${unknown.trim()} is no referrer policy`, hint })
    }
  }
  if (Object.keys(FIELDS).every((key) => config[key as FieldKey] === false)) {
    issues.push({ severity: 'warning', path: [], message: 'every field is turned off' })
  }
  return issues
}
