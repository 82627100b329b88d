import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { PROBLEM_TYPE, problemBody, proxyStatus } from '../proxy/problem.ts'

/** What Node's parser refused before there was a request. Null: the connection broke, nobody is there to be told. */
export function clientErrorCode(error: NodeJS.ErrnoException): ErrorCode | null {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'SP_HEADERS_TOO_LARGE'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'SP_REQUEST_TIMEOUT'
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return 'SP_BAD_REQUEST'
    case 'ECONNRESET':
      return null
    default:
      return error.code?.startsWith('HPE_') === true ? 'SP_BAD_REQUEST' : null
  }
}

/** Answers on the bare socket and closes it: after a parse error nobody knows where the next request begins (RFC 9112 section 9.6). */
export function answerClientError(socket: Duplex, code: ErrorCode, requestId: string): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy()
    return
  }
  const { status } = ERRORS[code]
  const body = problemBody({ code, requestId })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      `content-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `proxy-status: ${proxyStatus(code) ?? 'sallyport'}\r\nconnection: close\r\n\r\n${body}`
  )
}
