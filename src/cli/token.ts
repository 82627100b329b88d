import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSigner } from 'fast-jwt'
import { formatIssues } from '../config/issue.ts'
import { durationMs, parseDuration } from '../plugin-api/index.ts'
import { systemClock } from '../system/clock.ts'
import { loadFile } from './config-file.ts'
import { type Command, EXIT, UsageError } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'

/** What a shared definition of the `jwt` plugin says that matters for a token. */
interface ProviderFacts {
  readonly secret?: string
  readonly secretEncoding?: 'text' | 'base64' | 'base64url' | 'hex'
  readonly algorithms?: readonly string[]
  readonly issuer?: string | readonly string[]
  readonly audience?: string | readonly string[]
}

export const token: Command = {
  help: `
Usage: sallyport token -c FILE [--provider NAME] [--sub ID] [--claim KEY=JSON]... [--expires 1h] [--key PEM]

  -c, --config FILE  the configuration file
  --provider NAME    the entry under \`providers\` (default: the only one)
  --sub ID           the subject (default: u-1)
  --claim KEY=JSON   another claim, such as --claim 'scope="orders:write"'; may be repeated
  --expires TIME     how long it is valid (default: 1h)
  --key PEM          file with the private key, when the provider has a public key instead of a secret

Issuer, audience and algorithm are those that the provider asks for.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, {
      config: { type: 'string', short: 'c' },
      provider: { type: 'string' },
      sub: { type: 'string', default: 'u-1' },
      claim: { type: 'string', multiple: true, default: [] },
      expires: { type: 'string', default: '1h' },
      key: { type: 'string' }
    })
    expectPositionals(positionals, [])
    if (values.config === undefined) throw new UsageError('missing --config FILE')
    if (parseDuration(values.expires) === null) throw new UsageError('--expires is a duration such as 15m or 1h')
    const loaded = await loadFile(io, values.config)
    if (!loaded.ok) {
      io.err(`${formatIssues(loaded.issues)}\n`)
      return EXIT.invalid
    }
    const provider = chooseProvider(loaded.plan.providers, values.provider)
    const key = values.key === undefined ? undefined : readKey(resolve(io.cwd, values.key), values.key)
    io.out(`${mintToken(provider, { sub: values.sub, ...parseClaims(values.claim) }, durationMs(values.expires), key)}\n`)
    return EXIT.ok
  }
}

/** @throws UsageError */
function readKey(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--key ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Signs a token for a provider. @throws UsageError when the provider needs a private key and none is given */
export function mintToken(provider: ProviderFacts, claims: Readonly<Record<string, unknown>>, lifeMs: number, privateKey?: string): string {
  const { secret, secretEncoding = 'text' } = provider
  const key = privateKey ?? (secret === undefined || secretEncoding === 'text' ? secret : Buffer.from(secret, secretEncoding))
  if (key === undefined) throw new UsageError('the provider has a public key: give the private one with --key PEM')
  const algorithm = provider.algorithms?.[0] ?? (privateKey === undefined ? 'HS256' : defaultAlgorithm(privateKey))
  const now = Math.floor(systemClock.wall() / 1000)
  const sign = createSigner({ key, algorithm: algorithm as 'HS256' })
  return sign({
    iat: now,
    exp: now + Math.floor(lifeMs / 1000),
    ...first('iss', provider.issuer),
    ...first('aud', provider.audience),
    ...claims
  })
}

function first(name: string, value: string | readonly string[] | undefined): Record<string, string> {
  const one = typeof value === 'string' ? value : value?.[0]
  return one === undefined ? {} : { [name]: one }
}

function defaultAlgorithm(pem: string): string {
  const { asymmetricKeyType } = createPrivateKey(pem)
  return asymmetricKeyType === 'ec' ? 'ES256' : asymmetricKeyType === 'ed25519' ? 'EdDSA' : 'RS256'
}

function chooseProvider(providers: Readonly<Record<string, unknown>>, name: string | undefined): ProviderFacts {
  const names = Object.keys(providers)
  const chosen = name ?? (names.length === 1 ? names[0] : undefined)
  if (chosen === undefined) throw new UsageError(`name one with --provider: ${names.join(', ') || 'the file has none'}`)
  if (!Object.hasOwn(providers, chosen)) throw new UsageError(`there is no provider ${chosen}`)
  return providers[chosen] as ProviderFacts
}

function parseClaims(claims: readonly string[]): Record<string, unknown> {
  const parsed: Record<string, unknown> = {}
  for (const claim of claims) {
    const equals = claim.indexOf('=')
    if (equals < 1) throw new UsageError(`--claim ${claim}: expected KEY=JSON`)
    const text = claim.slice(equals + 1)
    try {
      parsed[claim.slice(0, equals)] = JSON.parse(text)
    } catch {
      // A bare word is a string: shells eat quotes.
      parsed[claim.slice(0, equals)] = text
    }
  }
  return parsed
}
