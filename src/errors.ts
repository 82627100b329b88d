import createError from '@fastify/error'

/** Who is at fault; decides log level and what is counted against an endpoint. */
export type CauseClass = 'client' | 'policy' | 'upstream' | 'gateway'

/** A `Proxy-Status` error type of RFC 9209 section 2.3, or none where no registered type fits. */
export type ProxyStatusError =
  | 'http_request_error'
  | 'http_request_denied'
  | 'destination_unavailable'
  | 'destination_not_found'
  | 'connection_refused'
  | 'connection_terminated'
  | 'connection_timeout'
  | 'connection_limit_reached'
  | 'http_response_timeout'
  | 'http_protocol_error'
  | 'tls_protocol_error'
  | 'proxy_internal_error'
  | 'proxy_loop_detected'
  | 'http_upgrade_failed'

export interface ErrorEntry {
  readonly status: number
  readonly title: string
  readonly cause: CauseClass
  readonly proxyStatus: ProxyStatusError | null
}

/**
 * The one table of what the gateway can answer by itself. The key is the `code` of the problem+json answer
 * (RFC 9457) and never changes its meaning; `docs/errors.md` explains each to the operator.
 */
export const ERRORS = {
  SP_BAD_REQUEST: { status: 400, title: 'The request is malformed or ambiguous', cause: 'client', proxyStatus: 'http_request_error' },
  SP_URI_TOO_LONG: { status: 414, title: 'The request target is too long', cause: 'client', proxyStatus: 'http_request_error' },
  SP_HEADERS_TOO_LARGE: { status: 431, title: 'The request header fields are too large', cause: 'client', proxyStatus: 'http_request_error' },
  SP_BODY_TOO_LARGE: { status: 413, title: 'The request body is too large', cause: 'client', proxyStatus: 'http_request_error' },
  SP_REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time', cause: 'client', proxyStatus: 'http_request_error' },
  SP_CLIENT_STALLED: { status: 408, title: 'The client did not read its answer in time', cause: 'client', proxyStatus: 'http_request_error' },
  SP_NOT_IMPLEMENTED: {
    status: 501,
    title: 'The request needs something this gateway does not implement',
    cause: 'client',
    proxyStatus: 'http_request_error'
  },
  SP_ROUTE_NOT_FOUND: { status: 404, title: 'No route matches the request', cause: 'client', proxyStatus: 'destination_not_found' },
  SP_METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not allow this method', cause: 'client', proxyStatus: 'http_request_denied' },
  SP_UNAUTHENTICATED: { status: 401, title: 'Authentication is required', cause: 'policy', proxyStatus: 'http_request_denied' },
  SP_FORBIDDEN: { status: 403, title: 'Access is denied', cause: 'policy', proxyStatus: 'http_request_denied' },
  SP_AUTH_UNAVAILABLE: {
    status: 503,
    title: 'It cannot be decided at the moment who is asking',
    cause: 'policy',
    proxyStatus: 'destination_unavailable'
  },
  SP_RATE_LIMITED: { status: 429, title: 'Too many requests', cause: 'policy', proxyStatus: 'http_request_denied' },
  SP_NO_ENDPOINTS: { status: 503, title: 'No endpoint of the upstream is available', cause: 'upstream', proxyStatus: 'destination_unavailable' },
  SP_CIRCUIT_OPEN: {
    status: 503,
    title: 'The upstream is failing and is given time to recover',
    cause: 'upstream',
    proxyStatus: 'destination_unavailable'
  },
  SP_OVERLOADED: { status: 503, title: 'The gateway is overloaded', cause: 'policy', proxyStatus: 'connection_limit_reached' },
  SP_UPSTREAM_CONNECT: { status: 502, title: 'The upstream could not be reached', cause: 'upstream', proxyStatus: 'connection_refused' },
  SP_UPSTREAM_RESET: { status: 502, title: 'The upstream closed the connection', cause: 'upstream', proxyStatus: 'connection_terminated' },
  SP_UPSTREAM_PROTOCOL: { status: 502, title: 'The upstream broke the protocol', cause: 'upstream', proxyStatus: 'http_protocol_error' },
  SP_UPSTREAM_TIMEOUT: { status: 504, title: 'The upstream did not answer in time', cause: 'upstream', proxyStatus: 'http_response_timeout' },
  SP_UPSTREAM_CONNECT_TIMEOUT: {
    status: 504,
    title: 'The upstream did not accept a connection in time',
    cause: 'upstream',
    proxyStatus: 'connection_timeout'
  },
  SP_UPSTREAM_TRY_TIMEOUT: { status: 504, title: 'The last attempt took too long', cause: 'upstream', proxyStatus: 'http_response_timeout' },
  SP_UPSTREAM_IDLE_TIMEOUT: { status: 504, title: 'The upstream fell silent in its answer', cause: 'upstream', proxyStatus: 'http_response_timeout' },
  SP_DEADLINE_EXCEEDED: {
    status: 504,
    title: 'The request could not be answered within its time limit',
    cause: 'upstream',
    proxyStatus: 'http_response_timeout'
  },
  SP_PLUGIN_FAILED: { status: 500, title: 'A plugin failed', cause: 'gateway', proxyStatus: 'proxy_internal_error' }
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** What an error may say to the client besides its table entry; never an address, a stack or a library's message. */
export interface GatewayErrorOptions {
  /** One sentence for the client: what was wrong with *this* request. */
  readonly detail?: string
  /** Response fields, such as `retry-after` or `www-authenticate`. */
  readonly headers?: Readonly<Record<string, string>>
  /** For the log only. */
  readonly cause?: unknown
}

const constructors = Object.fromEntries(
  Object.entries(ERRORS).map(([code, entry]) => [code, createError(code, '%s', entry.status)])
) as unknown as Record<ErrorCode, new (message: string) => Error>

export interface GatewayError extends Error {
  readonly code: ErrorCode
  readonly statusCode: number
  readonly detail: string | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
}

/** Builds an error of the table. Throw it in a hook, or hand it to `reply.send`. */
export function gatewayError(code: ErrorCode, options: GatewayErrorOptions = {}): GatewayError {
  const error = new constructors[code](options.detail ?? ERRORS[code].title)
  return Object.assign(error, { detail: options.detail, headers: options.headers, cause: options.cause }) as GatewayError
}

export function isGatewayError(error: unknown): error is GatewayError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(ERRORS, error.code)
}
