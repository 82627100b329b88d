import type { Http2Request } from './http2-request.ts'
import type { HeaderLimits, Refusal } from './raw-checks.ts'
import { METHODS } from 'node:http'

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)

/** What a request of HTTP/2 is refused for besides its number of fields, which is counted as for HTTP/1. */
export function checkHttp2Request(request: Http2Request, limits: HeaderLimits): Refusal | null {
  // A parser of HTTP/1 knows the same ones.
  if (!KNOWN_METHODS.has(request.method)) return { code: 'SP_NOT_IMPLEMENTED', detail: 'the method is not served here' }
  // A target that is too long by itself has an error of its own.
  if (request.headBytes > limits.maxHeaderBytes && request.url.length <= limits.maxUrlBytes) {
    return { code: 'SP_HEADERS_TOO_LARGE', detail: `header fields of more than ${limits.maxHeaderBytes} bytes` }
  }
  return request.fault === null ? null : { code: 'SP_BAD_REQUEST', detail: request.fault }
}
