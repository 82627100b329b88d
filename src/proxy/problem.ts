import { STATUS_CODES } from 'node:http'
import { ERRORS, type ErrorCode } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import { checkField } from './header-fields.ts'
import { applyPlugins } from './response-head.ts'

export const PROBLEM_TYPE = 'application/problem+json'

export interface ProblemFacts {
  readonly code: ErrorCode
  readonly requestId: string
  readonly detail?: string | undefined
}

/** The body of RFC 9457. `type` is a stable name; docs/errors.md explains each. */
export function problemBody(facts: ProblemFacts): string {
  const entry = ERRORS[facts.code]
  return JSON.stringify({
    type: `urn:sallyport:error:${facts.code}`,
    title: entry.title,
    status: entry.status,
    code: facts.code,
    ...(facts.detail === undefined ? {} : { detail: facts.detail }),
    requestId: facts.requestId
  })
}

/** `Proxy-Status` of RFC 9209: who answered and why; no address, no free text from elsewhere. */
export function proxyStatus(code: ErrorCode): string | null {
  const type = ERRORS[code].proxyStatus
  return type === null ? null : `sallyport; error=${type}; details="${code}"`
}

export interface ProblemOptions {
  readonly detail?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The connection is in an unknown state and must not be used again. */
  readonly close?: boolean
}

/** Answers an exchange with an error of the table. Does nothing when an answer has begun. */
export function sendProblem(exchange: Exchange, code: ErrorCode, options: ProblemOptions = {}): void {
  const { response, decision } = exchange
  decision.code = code
  if (response.headersSent || response.destroyed) return
  const status = ERRORS[code].status
  const body = Buffer.from(problemBody({ code, requestId: exchange.id, detail: options.detail }))
  const fields = ['content-type', PROBLEM_TYPE, 'content-length', String(body.length), 'cache-control', 'no-store']
  const cause = proxyStatus(code)
  if (cause !== null) fields.push('proxy-status', cause)
  for (const [name, value] of Object.entries(options.headers ?? {})) pushChecked(exchange, fields, name, value)
  if (options.close === true || closesAfter(exchange)) {
    fields.push('connection', 'close')
    response.shouldKeepAlive = false
  }
  decision.status = status
  writeHead(exchange, status, fields)
  if (decision.method === 'HEAD') response.end()
  else {
    decision.responseBytes = body.length
    response.end(body)
  }
}

/** A plugin's error may bring a field that cannot be written; the answer must leave all the same. */
function pushChecked(exchange: Exchange, fields: string[], name: string, value: string): void {
  try {
    checkField(name, value)
    fields.push(name, value)
  } catch (error) {
    exchange.log('plugin failed', 'SP_PLUGIN_FAILED', error as Error)
  }
}

/** The error to be sent may come from the very edit that would run again here; the answer must leave all the same. */
function writeHead(exchange: Exchange, status: number, fields: string[]): void {
  const { response } = exchange
  const reason = STATUS_CODES[status] as string
  if (exchange.runtime.hasPlugins) {
    try {
      const edited = fields.slice()
      applyPlugins(exchange, status, edited)
      response.writeHead(status, reason, edited)
      return
    } catch {
      // Written below as it is.
    }
  }
  response.writeHead(status, reason, fields)
}

/**
 * A request that is answered while its body is still on its way: a small rest is read and thrown away so that the connection can be
 * used again; a large or endless one is not worth it, and nothing would bound it any more.
 */
export function closesAfter(exchange: Exchange): boolean {
  const { raw } = exchange
  if (raw.complete) return false
  if (exchange.expectsContinue || raw.headers['transfer-encoding'] !== undefined) return true
  const length = raw.headers['content-length']
  return length !== undefined && Number(length) > 64 * 1024
}

/** Something of ours or of a plugin's threw: says so in the log and answers with the code. */
export function failExchange(exchange: Exchange, code: ErrorCode, cause: unknown): void {
  exchange.log('plugin failed', code, cause instanceof Error ? cause : new Error(String(cause)))
  sendProblem(exchange, code)
}
