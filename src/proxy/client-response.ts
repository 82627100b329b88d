import type { ServerResponse } from 'node:http'

/** The answer as forwarding writes it: Node's own of HTTP/1, or what stands in its place where an answer has no socket to itself. */
export interface ClientResponse extends ServerResponse {
  /** Sends an interim answer (RFC 9110 section 15.2); without it its bytes are written to the socket. */
  readonly writeInterim?: (status: number, fields: readonly string[]) => void
}
