import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './gateway-process.ts'
import type { Teardown } from './gateway.ts'

export interface Issued {
  readonly key: string
  readonly cert: string
  readonly keyFile: string
  readonly certFile: string
}

export interface Authority {
  readonly cert: string
  readonly certFile: string
  /** @param name File names and the common name. @param names DNS names, or `IP:127.0.0.1` */
  issue(name: string, names: readonly string[]): Issued
}

/** A certificate authority of the test's own, in a folder that goes with it. */
export function createAuthority(t: Teardown): Authority {
  const folder = temporaryFolder(t)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-days', '1', '-subj', '/CN=Test Authority', '-keyout', 'ca.key', '-out', 'ca.pem')
  const certFile = join(folder, 'ca.pem')
  return {
    certFile,
    cert: readFileSync(certFile, 'utf8'),
    issue(name, names) {
      const alternatives = names.map((one) => (one.includes(':') ? one : `DNS:${one}`)).join(',')
      openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      writeFileSync(join(folder, `${name}.ext`), names.length === 0 ? '' : `subjectAltName=${alternatives}\n`)
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '1',
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.pem`
      )
      const [keyFile, issuedFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
      return { keyFile, certFile: issuedFile, key: readFileSync(keyFile, 'utf8'), cert: readFileSync(issuedFile, 'utf8') }
    }
  }
}
