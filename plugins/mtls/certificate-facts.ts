import type { X509Certificate } from 'node:crypto'
import { parseAlternativeNames, type AlternativeNames } from './alternative-names.ts'

export interface CertificateFacts extends AlternativeNames {
  /** SHA-256 of the certificate, 64 hex digits in lower case. */
  readonly fingerprint: string
  /** Null when there is none, or more than one: which of them counts, nobody could say. */
  readonly commonName: string | null
  /** In the form of RFC 4514, in ASCII; empty when the certificate has no subject. */
  readonly subject: string
  /** Milliseconds since the epoch. */
  readonly expiresMs: number
}

export function describeCertificate(certificate: X509Certificate): CertificateFacts {
  // Not from the printed subject: there the common name would have to be told from text that looks like one.
  const commonName: unknown = certificate.toLegacyObject().subject?.CN
  return {
    fingerprint: normalFingerprint(certificate.fingerprint256),
    commonName: typeof commonName === 'string' && commonName !== '' ? commonName : null,
    ...parseAlternativeNames(certificate.subjectAltName),
    subject: distinguishedName(certificate.subject),
    expiresMs: certificate.validToDate.getTime()
  }
}

export const normalFingerprint = (text: string): string => text.replaceAll(':', '').toLowerCase()

/**
 * Node prints one part per line, the widest first, its values escaped as RFC 2253 demands; RFC 4514 section 2.1 wants them on one line, the
 * widest last. Other characters become hex pairs (section 2.4), since a header field cannot hold them.
 */
function distinguishedName(printed: string | undefined): string {
  const name = (printed ?? '')
    .split('\n')
    .toReversed()
    .map((part) => part.replaceAll(' + ', '+'))
    .join(',')
  return name.replaceAll(/[^\x20-\x7e]/gu, (character) => Buffer.from(character).toString('hex').toUpperCase().replaceAll(/../g, '\\$&'))
}
