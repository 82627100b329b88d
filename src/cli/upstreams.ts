import { type Command, EXIT, UsageError } from './io.ts'
import { parseFormat, parseOptions } from './options.ts'
import { table } from './table.ts'

const DEFAULT_ADMIN = 'http://127.0.0.1:9901'

/** The parts of `GET /upstreams` that are printed. */
interface Upstream {
  readonly name: string
  readonly panic?: boolean
  readonly endpoints: readonly Endpoint[]
  readonly circuitBreaker?: { readonly state: string }
  readonly discovery?: Discovery
}

interface Endpoint {
  readonly url: string
  readonly state: string
  readonly weight: number
  readonly zone?: string
  readonly tags?: readonly string[]
  readonly inFlight: number
  readonly source: string
  readonly held?: string
  readonly restored?: boolean
  readonly lastFailure: { readonly kind: string; readonly message: string } | null
}

interface Discovery {
  readonly provider: string
  readonly service: string
  readonly ageSeconds: number | null
  readonly stale: boolean
  readonly lastError?: string
  readonly restoredFrom?: number
  readonly held?: readonly { readonly url: string; readonly reason: string }[]
  readonly skipped?: readonly { readonly entry: string; readonly reason: string }[]
}

export const upstreams: Command = {
  help: `
Usage: sallyport upstreams [NAME] [--admin URL] [--format text|json]

Asks a running gateway for its upstreams: each endpoint with its state and where it came from, how old the knowledge
of the registry is, what is kept although the registry names it no more, and what of its answer cannot be used.

  --admin URL         the admin listener (default: $SALLYPORT_ADMIN, or ${DEFAULT_ADMIN})
  --format text|json  json prints what the admin listener says

Exit code: 0, or 1 when the gateway cannot be asked or there is no such upstream.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, { admin: { type: 'string' }, format: { type: 'string', default: 'text' } })
    const format = parseFormat(values.format)
    if (positionals.length > 1) throw new UsageError(`unexpected ${JSON.stringify(positionals[1])}`)
    const admin = values.admin ?? io.env['SALLYPORT_ADMIN'] ?? DEFAULT_ADMIN
    const asked = await ask(admin)
    if (typeof asked === 'string') {
      io.err(`sallyport upstreams: ${asked}\n`)
      return EXIT.invalid
    }
    const [name] = positionals
    const shown = name === undefined ? asked : asked.filter((one) => one.name === name)
    if (name !== undefined && shown.length === 0) {
      io.err(`sallyport upstreams: there is no upstream ${JSON.stringify(name)}; there are ${asked.map((one) => one.name).join(', ') || 'none'}\n`)
      return EXIT.invalid
    }
    io.out(format === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : describe(shown))
    return EXIT.ok
  }
}

/** The upstreams, or why there are none to be had. @throws UsageError for what is no url */
async function ask(admin: string): Promise<readonly Upstream[] | string> {
  const url = URL.parse('/upstreams', admin.includes('://') ? admin : `http://${admin}`)
  if (url === null) throw new UsageError(`--admin must be a url such as ${DEFAULT_ADMIN}`)
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    const body: unknown = await answer.json()
    return answer.ok && Array.isArray(body) ? (body as readonly Upstream[]) : `${url.origin} answered ${answer.status}: is it the admin listener?`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `cannot ask ${url.origin}: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

function describe(all: readonly Upstream[]): string {
  const rows = all.flatMap((upstream) =>
    upstream.endpoints.length === 0
      ? [[upstream.name, '(none)', '', '', '', '', upstream.discovery?.provider ?? '', '']]
      : upstream.endpoints.map((endpoint) => [upstream.name, ...cells(endpoint)])
  )
  const notes = all.flatMap(notesOf)
  return (
    table(['UPSTREAM', 'ENDPOINT', 'STATE', 'WEIGHT', 'ZONE', 'IN FLIGHT', 'SOURCE', 'NOTE'], rows) +
    (notes.length === 0 ? '' : `\n${notes.join('\n')}\n`)
  )
}

function cells({ url, state, weight, zone, tags = [], inFlight, source, held, restored, lastFailure }: Endpoint): readonly string[] {
  const notes = [
    ...(held === undefined ? [] : [`held: ${held}`]),
    ...(restored === true ? ['from before'] : []),
    ...(tags.length === 0 ? [] : [`tags: ${tags.join(',')}`]),
    ...(state === 'available' || lastFailure === null ? [] : [`${lastFailure.kind}: ${lastFailure.message}`])
  ]
  return [url, state, String(weight), zone ?? '–', String(inFlight), source, notes.join('; ')]
}

/** What is not as it should be, and how old the knowledge of each service is. */
function notesOf({ name, panic, circuitBreaker, discovery }: Upstream): readonly string[] {
  const breaker = circuitBreaker === undefined || circuitBreaker.state === 'closed' ? [] : [`${name}: the circuit breaker is ${circuitBreaker.state}`]
  const panicking = panic === true ? [`${name}: too few usable endpoints, all are used whatever their health`] : []
  if (discovery === undefined) return [...panicking, ...breaker]
  const { provider, service, ageSeconds, stale, lastError, held = [], skipped = [] } = discovery
  const age = ageSeconds === null ? 'no answer yet' : `last answer ${ageSeconds} s ago`
  return [
    ...panicking,
    ...breaker,
    `${name}: ${provider} ${service}, ${age}${stale ? `, stale: ${lastError ?? ''}` : ''}`,
    ...held.map((one) => `  held ${one.url}: ${one.reason}`),
    ...skipped.map((one) => `  skipped ${one.entry}: ${one.reason}`)
  ]
}
