import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Consumer } from '../../src/plugin-api/index.ts'
import { describeCertificate, type CertificateFacts } from './certificate-facts.ts'
import type { CertificateIndex } from './certificate-index.ts'

/** The owner of a connection's certificate; consumer null: nobody of the document. */
export interface Peer {
  readonly facts: CertificateFacts
  readonly consumer: Consumer | null
}

/**
 * Reads the certificate once per connection. Keyed by the socket and held by one registered plugin: a reload, which may change the consumers,
 * begins anew, and what is known of a connection goes away with it.
 */
export function createPeerReader(index: CertificateIndex): (socket: Socket) => Peer | 'missing' | 'unverified' {
  const peers = new WeakMap<Socket, Peer>()
  return (socket) => {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>
    const certificate = getPeerX509Certificate?.call(socket)
    // Looked at besides `authorized`, which says that nothing is wrong with a certificate, not that there is one.
    if (certificate === undefined) return 'missing'
    if (authorized !== true) return 'unverified'
    const facts = describeCertificate(certificate)
    const peer = { facts, consumer: index.find(facts) }
    peers.set(socket, peer)
    return peer
  }
}
