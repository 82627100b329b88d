import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { PROBLEM_TYPE, problemBody, proxyStatus } from '../proxy/problem.ts'

/** An error of Node's parser; where it met bytes that it refuses, with the piece that they came in. */
export interface ClientError extends NodeJS.ErrnoException {
  readonly reason?: string
  readonly bytesParsed?: number
  readonly rawPacket?: Buffer
}

/** What Node's parser refused before there was a request. Null: the connection broke, nobody is there to be told. */
export function clientErrorCode(error: ClientError): ErrorCode | null {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      // RFC 9112 section 3: 414 is a must where it is the target that is too long.
      return LONG_TARGET.test(lineOf(error)) ? 'SP_URI_TOO_LONG' : 'SP_HEADERS_TOO_LARGE'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'SP_REQUEST_TIMEOUT'
    case 'ECONNRESET':
      return null
    default:
      if (error.code?.startsWith('HPE_') !== true) return null
      return isUnknownMethod(error) ? 'SP_NOT_IMPLEMENTED' : 'SP_BAD_REQUEST'
  }
}

/** A method, a space and the target; of a field there would be a colon before the space. */
const LONG_TARGET = /^[A-Z-]+ (?:\/|https?:)/i

/** A method of RFC 9110 section 9.1 that goes on to a target, or is too long for one to be seen. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: |$)/

/** RFC 9110 section 9.1: 501 for a method that nobody here knows, lower case among them: methods are case-sensitive. */
function isUnknownMethod(error: ClientError): boolean {
  const isAboutMethod = error.code === 'HPE_INVALID_METHOD' || error.reason?.startsWith('Invalid method') === true
  return isAboutMethod && METHOD.test(lineOf(error))
}

/** How much of a line is looked at. */
const LOOK_BYTES = 16 * 1024

/** The beginning of the line with the refused byte, without what came in an earlier piece. */
function lineOf({ rawPacket, bytesParsed = 0 }: ClientError): string {
  if (rawPacket === undefined || rawPacket.length === 0) return ''
  const start = rawPacket.lastIndexOf(10, Math.min(bytesParsed, rawPacket.length - 1)) + 1
  return rawPacket.toString('latin1', start, start + LOOK_BYTES)
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
