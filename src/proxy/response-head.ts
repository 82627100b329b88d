import type { FastifyReply } from 'fastify'
import type { ResponseHead } from '../plugin-api/index.ts'
import type { Exchange } from './exchange.ts'
import { checkField, joinedValue, removeField, setField } from './header-fields.ts'
import { mayEndAtGateway, mergeNames, nominatedFields, RESPONSE_DROP } from './hop-by-hop.ts'
import { VIA } from './upstream-request.ts'

/**
 * Turns an upstream's fields into those for the client: in their order and letter case, without what belongs to the connection, then
 * what plugins set on the reply, then the response edits of the route's plugins.
 * @param headers Used up: the result may be the same array.
 * @param trailers Whether trailers can follow the answer's body on its way to the client.
 */
export function clientHeaders(exchange: Exchange, status: number, headers: string[], trailers: boolean): string[] {
  const fields = endToEndFields(headers, trailers)
  // A client that took the length of an answer without content at its word would wait for it (RFC 9110 section 8.6).
  if (status === 204) removeField(fields, 'content-length')
  fields.push('via', VIA)
  if (exchange.setCookie !== null) fields.push('set-cookie', exchange.setCookie)
  if (exchange.runtime.hasPlugins) applyPlugins(exchange, status, fields)
  return fields
}

/** What is left without the fields of the connection and those that `Connection` nominates (RFC 9110 section 7.6.1); the same array. */
export function endToEndFields(headers: string[], trailers: boolean): string[] {
  let kept = 0
  let nominated: ReadonlySet<string> | null = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (mayEndAtGateway(name)) {
      const lower = name.toLowerCase()
      if (lower === 'connection') nominated = mergeNames(nominated, nominatedFields(headers[i + 1] as string))
      if (RESPONSE_DROP.has(lower) || (lower === 'trailer' && !trailers)) continue
    }
    headers[kept++] = name
    headers[kept++] = headers[i + 1] as string
  }
  // Not by the length, which V8 sets in its runtime.
  while (headers.length > kept) headers.pop()
  if (nominated !== null) for (const name of nominated) removeField(headers, name)
  return headers
}

/** Fields set by plugins with `reply.header()`, then the route's response edits. @throws TypeError for a field that cannot be written */
export function applyPlugins(exchange: Exchange, status: number, fields: string[]): void {
  if (exchange.reply === null) return
  mergeReplyHeaders(exchange.reply, fields)
  const edits = exchange.runtime.responseEdits
  if (edits.length === 0) return
  const head = new FieldsHead(status, fields)
  for (const edit of edits) edit(exchange.reply.request, head)
}

/** For answers of the gateway's own, which an edit of a plugin that fails must not take away. */
export function applyPluginsSafely(exchange: Exchange, status: number, fields: string[]): void {
  const edited = fields.slice()
  try {
    applyPlugins(exchange, status, edited)
  } catch (error) {
    exchange.log('plugin failed', 'SP_PLUGIN_FAILED', error instanceof Error ? error : new Error(String(error)))
    return
  }
  fields.splice(0, fields.length, ...edited)
}

/** A plugin's field replaces the upstream's, but cookies add up and `Vary` is the union. */
function mergeReplyHeaders(reply: FastifyReply, fields: string[]): void {
  const set = fieldsOf(reply)
  for (const name in set) {
    const value = set[name]
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) checkField(name, String(one))
    if (name === 'vary') mergeVary(fields, String(value))
    else if (Array.isArray(value)) {
      if (name !== 'set-cookie') removeField(fields, name)
      for (const one of value) fields.push(name, one)
    } else if (name === 'set-cookie') fields.push(name, String(value))
    else setField(fields, name, String(value))
  }
}

type ReplyFields = ReturnType<FastifyReply['getHeaders']>

/** Under which symbol Fastify keeps them, once a reply was seen. */
const replyFields: { symbol?: symbol | undefined } = {}

/**
 * What plugins have set on the reply. Fastify's `getHeaders` makes three objects to join them with those of `reply.raw`, which hardly anybody sets;
 * should Fastify keep them elsewhere one day, it is asked all the same.
 */
function fieldsOf(reply: FastifyReply): ReplyFields {
  replyFields.symbol ??= Object.getOwnPropertySymbols(reply).find(({ description }) => description === 'fastify.reply.headers')
  const { symbol } = replyFields
  const own = symbol === undefined ? undefined : (reply as unknown as Record<symbol, ReplyFields | undefined>)[symbol]
  return own === undefined || reply.raw.getHeaderNames().length > 0 ? reply.getHeaders() : own
}

function mergeVary(fields: string[], added: string): void {
  const present = joinedValue(fields, 'vary')
  if (present === undefined) {
    fields.push('vary', added)
    return
  }
  const names = present.split(',').map((name) => name.trim())
  if (names.includes('*')) return
  const known = new Set(names.map((name) => name.toLowerCase()))
  const missing = added
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !known.has(name.toLowerCase()))
  if (missing.length > 0) setField(fields, 'vary', [...names, ...missing].join(', '))
}

export class FieldsHead implements ResponseHead {
  readonly status: number
  readonly #fields: string[]

  constructor(status: number, fields: string[]) {
    this.status = status
    this.#fields = fields
  }

  get(name: string): string | undefined {
    return joinedValue(this.#fields, name.toLowerCase())
  }
  set(name: string, value: string): void {
    checkField(name, value)
    setField(this.#fields, name, value)
  }
  add(name: string, value: string): void {
    checkField(name, value)
    this.#fields.push(name, value)
  }
  remove(name: string): void {
    removeField(this.#fields, name.toLowerCase())
  }
}
