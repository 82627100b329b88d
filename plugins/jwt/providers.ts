import type { CheckIssue } from '../../src/plugin-api/index.ts'
import { KEY_SETTINGS } from './keys.ts'
import type { JwtConfig, JwtProvider } from './schema.ts'
import { resolveSettings, type JwtSettings, type Resolved } from './settings.ts'

/** A shared definition by its name: null for one that is not valid, undefined where there is none. */
export type Lookup = (name: string) => JwtProvider | null | undefined

interface Part extends Resolved {
  /** Where the definition is named; empty when the route has its keys itself. */
  readonly path: readonly (string | number)[]
  /** What is wrong with the shared definition by itself, and so was said at its place. */
  readonly told: readonly CheckIssue[]
}

/** All that `check` has to say of a route's configuration. */
export function configIssues(config: JwtConfig, lookup: Lookup, known: readonly string[]): readonly CheckIssue[] {
  const missing = namesOf(config).filter((name) => lookup(name) === undefined)
  if (missing.length > 0) return missing.map((name) => noProvider(name, config, known))
  const parts = partsOf(config, lookup)
  return [...parts.flatMap((part) => untoldIssues(part, config)), ...togetherIssues(config, parts)]
}

/** One for each provider. @throws TypeError naming what is wrong, where nobody asked `check` before. */
export function settingsOf(config: JwtConfig, lookup: Lookup): readonly JwtSettings[] {
  const parts = partsOf(config, lookup)
  const errors = [...parts.flatMap(({ issues }) => issues), ...togetherIssues(config, parts)].filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new TypeError(errors.map(({ path, message }) => [...path, message].join(': ')).join('; '))
  return parts.flatMap(({ settings }) => settings ?? [])
}

/** What is wrong with a shared definition by itself. One without a key may leave it to the routes. */
export function providerIssues(provider: JwtProvider): readonly CheckIssue[] {
  return hasKey(provider) ? resolveSettings(provider).issues : []
}

function partsOf(config: JwtConfig, lookup: Lookup): readonly Part[] {
  if (config.provider === undefined) return [{ path: [], told: [], ...resolveSettings(config) }]
  return namesOf(config).flatMap((name, index) => {
    const provider = lookup(name)
    if (provider === null || provider === undefined) return []
    const path = Array.isArray(config.provider) ? ['provider', index] : ['provider']
    return [{ path, told: providerIssues(provider), ...resolveSettings(mergeProvider(provider, config)) }]
  })
}

const namesOf = ({ provider }: JwtConfig): readonly string[] => [provider ?? []].flat()

const KEY_UNIT: ReadonlySet<string> = new Set([...KEY_SETTINGS, 'secretEncoding'])

const hasKey = (settings: JwtProvider): boolean => KEY_SETTINGS.some((name) => settings[name] !== undefined)

/** The provider's keys under the route's own; where the keys come from is one unit, in whichever of its forms. */
function mergeProvider(provider: JwtProvider, own: JwtConfig): JwtProvider {
  if (!hasKey(own)) return { ...provider, ...own }
  const rest = Object.fromEntries(Object.entries(provider).filter(([name]) => !KEY_UNIT.has(name)))
  return { ...rest, ...own }
}

/** What a route's keys over its provider's are wrong about; what lies in the provider is laid at its name. */
function untoldIssues({ issues, told, path }: Part, config: JwtConfig): readonly CheckIssue[] {
  const messages = new Set(told.map(({ message }) => message))
  return issues
    .filter(({ message }) => !messages.has(message))
    .map((issue) => (issue.path[0] !== undefined && Object.hasOwn(config, issue.path[0]) ? issue : { ...issue, path }))
}

/** The `iss` of a token chooses its provider: keys of one issuer are never tried for tokens of another. */
function togetherIssues(config: JwtConfig, parts: readonly Part[]): readonly CheckIssue[] {
  if (namesOf(config).length < 2) return []
  const own = [...KEY_SETTINGS, 'issuer'] as const
  const misplaced = own.filter((name) => config[name] !== undefined)
  if (misplaced.length > 0)
    return misplaced.map((name) => error([name], `${name} cannot stand beside several providers: it would be the same for all of them`))
  const claimed = new Map<string, string>()
  return parts.flatMap(({ settings, path }) => {
    if (settings === null) return []
    if (settings.rule.issuers.length === 0) return [error(path, 'one of several providers needs an issuer, by which it is chosen')]
    return settings.rule.issuers.flatMap((issuer) => {
      const other = claimed.get(issuer)
      claimed.set(issuer, path.join('.'))
      return other === undefined ? [] : [error(path, `another of these providers has the issuer ${issuer} too`)]
    })
  })
}

function error(path: readonly (string | number)[], message: string): CheckIssue {
  return { severity: 'error', path, message }
}

function noProvider(name: string, config: JwtConfig, known: readonly string[]): CheckIssue {
  const path = Array.isArray(config.provider) ? ['provider', config.provider.indexOf(name)] : ['provider']
  return { ...error(path, `there is no provider ${name}`), hint: `providers: ${known.join(', ') || 'none'}` }
}
