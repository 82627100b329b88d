import type { FastifyReply } from 'fastify'

/**
 * Marks the answer as 201 with its Location, relative to the URL of the collection (RFC 9110 section 10.2.2): correct
 * as well behind a gateway that serves the collection under another prefix.
 */
export function created(reply: FastifyReply, collection: string, id: string): void {
  reply.code(201).header('location', `${collection}/${encodeURIComponent(id)}`)
}
