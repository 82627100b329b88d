import type { TlsPlan } from '../config/plan.ts'

/** TLS settings of an upstream as Node's `tls.connect` takes them. */
export function tlsOptions(tls: TlsPlan | null): object {
  if (tls === null) return {}
  return {
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.caPem === null ? {} : { ca: tls.caPem }),
    ...(tls.certPem === null ? {} : { cert: tls.certPem }),
    ...(tls.keyPem === null ? {} : { key: tls.keyPem }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName })
  }
}
