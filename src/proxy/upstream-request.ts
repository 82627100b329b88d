import type { Exchange, HeaderEdit } from './exchange.ts'
import type { Consumer } from '../plugin-api/index.ts'
import { fieldValue, isFieldValue } from './header-fields.ts'
import { isConsumerField, isForwardingField, mayEndHere, mergeNames, nominatedFields, REQUEST_DROP } from './hop-by-hop.ts'
import { countDown } from './max-forwards.ts'
import type { Endpoint } from './ports.ts'
import type { UpstreamRuntime } from './route-runtime.ts'

/** What comes from an upstream, over HTTP/1.1. */
export const VIA = '1.1 sallyport'

/** The version by which the request came to us (RFC 9110 section 7.6.3). */
function viaOf({ httpVersion }: Exchange['raw']): string {
  if (httpVersion === '2.0') return '2.0 sallyport'
  return httpVersion === '1.0' ? '1.0 sallyport' : VIA
}

/** Path and query for the upstream: as received unless the route rewrites. */
export function upstreamTarget(exchange: Exchange): string {
  const { facts, runtime } = exchange
  const path = runtime.rewrite === null ? facts.rawPath : runtime.rewrite(facts.path)
  return facts.hasQuery ? `${path}?${facts.query}` : path
}

/**
 * The request's fields for one endpoint: those of the client in their order and letter case, without what belongs to the
 * connection, with the changes that plugins asked for and the gateway's own forwarding fields last.
 */
export function upstreamHeaders(exchange: Exchange, upstream: UpstreamRuntime, endpoint: Endpoint): string[] {
  const raw = exchange.raw.rawHeaders
  const trusted = exchange.facts.peer.trusted
  const replaced = replacedNames(exchange.edits)
  const out: string[] = ['host', hostField(exchange, upstream, endpoint)]
  let nominated: ReadonlySet<string> | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (mayEndHere(name)) {
      const lower = name.toLowerCase()
      if (lower === 'connection') nominated = mergeNames(nominated, nominatedFields(raw[i + 1] as string))
      // The gateway's own forwarding fields are written below, from what it knows.
      if (REQUEST_DROP.has(lower) || isConsumerField(lower) || (isForwardingField(lower) && (!trusted || REWRITTEN.has(lower)))) continue
    }
    if (replaced !== null && isReplaced(replaced, name.toLowerCase())) continue
    out.push(name, raw[i + 1] as string)
  }
  if (nominated !== null) dropNominated(out, nominated)
  if (exchange.decision.method === 'OPTIONS') countDown(out)
  pushForwardingFields(out, exchange, trusted)
  out.push('via', viaOf(exchange.raw))
  if (exchange.consumer !== null) pushConsumer(out, exchange.consumer)
  if (exchange.edits !== null) pushEdits(out, exchange.edits)
  return out
}

const REWRITTEN: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded'])

function hostField(exchange: Exchange, upstream: UpstreamRuntime, endpoint: Endpoint): string {
  const rule = upstream.hostHeader
  if (rule.kind === 'upstream') return endpoint.authority
  return rule.kind === 'fixed' ? rule.name : exchange.facts.authority || endpoint.authority
}

/**
 * `X-Forwarded-*`: the chain so far is kept only when the peer is a trusted proxy, otherwise it starts here. A trusted peer's word on
 * scheme, host and port of the original request is passed on.
 */
function pushForwardingFields(out: string[], exchange: Exchange, trusted: boolean): void {
  const { facts } = exchange
  const peer = facts.peer.address
  if (!trusted) {
    out.push('x-forwarded-for', peer, 'x-forwarded-proto', facts.scheme)
    if (facts.authority !== '') out.push('x-forwarded-host', facts.authority)
    out.push('x-forwarded-port', String(facts.peer.localPort))
    return
  }
  const raw = exchange.raw.rawHeaders
  const chain = exchange.header('x-forwarded-for')
  out.push('x-forwarded-for', chain === undefined ? peer : `${chain}, ${peer}`)
  out.push('x-forwarded-proto', fieldValue(raw, 'x-forwarded-proto') ?? facts.scheme)
  const host = fieldValue(raw, 'x-forwarded-host') ?? facts.authority
  if (host !== '') out.push('x-forwarded-host', host)
  out.push('x-forwarded-port', fieldValue(raw, 'x-forwarded-port') ?? String(facts.peer.localPort))
}

/** Names that no field can hold are percent-encoded. */
function pushConsumer(out: string[], { name, groups }: Consumer): void {
  out.push('x-consumer-name', isFieldValue(name) ? name : encodeURIComponent(name.toWellFormed()))
  if (groups.length > 0) out.push('x-consumer-groups', groups.filter(isFieldValue).join(','))
}

function replacedNames(edits: readonly HeaderEdit[] | null): ReadonlySet<string> | null {
  if (edits === null) return null
  const names = new Set<string>()
  for (const edit of edits) if (edit.kind !== 'add') names.add(edit.lowerName)
  return names
}

/** With underscores for hyphens too: for many servers both are one field (RFC 3875 section 4.1.18), and the client's could win. */
function isReplaced(replaced: ReadonlySet<string>, lowerName: string): boolean {
  return replaced.has(lowerName) || (lowerName.includes('_') && replaced.has(lowerName.replaceAll('_', '-')))
}

/** Applies the edits in order: the last `set` of a name wins, a `remove` takes away earlier `set`s and `add`s. */
function pushEdits(out: string[], edits: readonly HeaderEdit[]): void {
  for (let i = 0; i < edits.length; i++) {
    const edit = edits[i] as HeaderEdit
    if (edit.kind === 'remove' || isOverruled(edits, i)) continue
    out.push(edit.name, edit.value)
  }
}

function isOverruled(edits: readonly HeaderEdit[], at: number): boolean {
  const name = edits[at]?.lowerName
  for (let i = at + 1; i < edits.length; i++) {
    if (edits[i]?.lowerName === name && edits[i]?.kind !== 'add') return true
  }
  return false
}

function dropNominated(fields: string[], nominated: ReadonlySet<string>): void {
  let kept = 2 // the Host field stays
  for (let i = 2; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (nominated.has(name.toLowerCase())) continue
    fields[kept++] = name
    fields[kept++] = fields[i + 1] as string
  }
  fields.length = kept
}

/** Whether the request announces a body (RFC 9112 section 6.3). */
export function hasBody(headers: Readonly<Record<string, unknown>>): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  const length = headers['content-length']
  return length !== undefined && length !== '0'
}
