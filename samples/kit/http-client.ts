import { Problem } from './problem.ts'

/** What is passed on from the request being served to the calls made for it. */
export interface CallContext {
  requestId: string
  /** W3C trace context, as received. */
  traceparent?: string
  tracestate?: string
}

export interface CallAnswer {
  status: number
  body: unknown
}

export interface ServiceClient {
  readonly dependency: string
  get: (path: string, context: CallContext) => Promise<CallAnswer>
  post: (path: string, body: unknown, context: CallContext) => Promise<CallAnswer>
}

/** Another service could not be asked, did not answer in time, or answered what it never should. */
export class DependencyError extends Error {
  override name = 'DependencyError'
  readonly dependency: string

  constructor(dependency: string, reason: string, cause?: unknown) {
    super(`The ${dependency} service ${reason}`, { cause })
    this.dependency = dependency
  }
}

/** Tells the caller which service is at fault, and nothing about where it is. */
export function dependencyUnavailable({ dependency, message }: DependencyError, extensions: Record<string, unknown> = {}): Problem {
  return new Problem(503, 'dependency-unavailable', message, { dependency, ...extensions })
}

/**
 * A client of one other service. Answers below 500 are returned, for the caller knows what they mean; all else is a
 * DependencyError.
 */
export function createServiceClient(dependency: string, { url, timeoutMs }: { url: string; timeoutMs: number }): ServiceClient {
  async function call(method: string, path: string, context: CallContext, body?: unknown): Promise<CallAnswer> {
    const request: RequestInit = {
      method,
      headers: headersOf(context, body !== undefined),
      // Covers the answer's body as well: a service that stalls half way is as bad as one that never answers.
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error'
    }
    if (body !== undefined) request.body = JSON.stringify(body)
    const answer = await send(`${url}${path}`, request)
    if (answer.status >= 500) throw new DependencyError(dependency, `answered ${answer.status}`)
    return answer
  }

  async function send(target: string, request: RequestInit): Promise<CallAnswer> {
    try {
      const response = await fetch(target, request)
      const received = await response.text()
      return { status: response.status, body: received === '' || response.status >= 500 ? null : JSON.parse(received) }
    } catch (error) {
      throw new DependencyError(dependency, reasonOf(error, timeoutMs), error)
    }
  }

  return {
    dependency,
    get: (path, context) => call('GET', path, context),
    post: (path, body, context) => call('POST', path, context, body)
  }
}

function headersOf(context: CallContext, hasBody: boolean): Record<string, string> {
  return {
    accept: 'application/json',
    'x-request-id': context.requestId,
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
    ...(context.tracestate === undefined ? {} : { tracestate: context.tracestate })
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof SyntaxError) return 'answered something that is not JSON'
  if (error instanceof Error && error.name === 'TimeoutError') return `did not answer within ${timeoutMs} ms`
  return 'could not be reached'
}
