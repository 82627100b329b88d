import { constants } from 'node:crypto'
import tls, { type SecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { CertificatePlan, ListenerTlsPlan } from '../config/plan.ts'

/** The certificates of one listener, chosen by the name that a client asks for. */
export interface TlsContexts {
  /** Of the first certificate. */
  readonly fallback: SecureContext
  /** @param name What the client sent as server name (RFC 6066 section 3); any letter case */
  forName(name: string): SecureContext
}

export function createTlsContexts(plan: ListenerTlsPlan): TlsContexts {
  const exact = new Map<string, SecureContext>()
  const wildcards = new Map<string, SecureContext>()
  const contexts = plan.certificates.map((certificate) => {
    const { names } = certificate
    const context = tls.createSecureContext(contextOptions(plan, certificate))
    for (const name of names) {
      const [table, key] = name.startsWith('*.') ? [wildcards, name.slice(2)] : [exact, name]
      // Of two certificates for one name the first is used.
      if (!table.has(key)) table.set(key, context)
    }
    return context
  })
  const [fallback] = contexts
  if (fallback === undefined) throw new TypeError('a listener with TLS has no certificate')
  return {
    fallback,
    forName(name) {
      const host = name.toLowerCase()
      // A wildcard stands for one label (RFC 6125 section 6.4.3).
      const dot = host.indexOf('.')
      return exact.get(host) ?? (dot === -1 ? undefined : wildcards.get(host.slice(dot + 1))) ?? fallback
    }
  }
}

/** For clients that name no server. */
export function firstCertificate(plan: ListenerTlsPlan): SecureContextOptions {
  return contextOptions(plan, plan.certificates[0])
}

function contextOptions({ minVersion, clientCaPem }: ListenerTlsPlan, certificate: CertificatePlan | undefined): SecureContextOptions {
  return {
    minVersion,
    // Whoever renegotiated could show another certificate than the one that was verified; TLS 1.3 knows no renegotiation.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(certificate === undefined ? {} : { cert: certificate.certPem, key: certificate.keyPem }),
    ...(clientCaPem === null ? {} : { ca: clientCaPem })
  }
}

/** What Node reads of a TLS server for each new connection; `setSecureContext` would not change whether clients are asked. */
export function clientCertOptions({ clientCert }: ListenerTlsPlan): Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized'> {
  return { requestCert: clientCert !== 'none', rejectUnauthorized: clientCert === 'required' }
}
