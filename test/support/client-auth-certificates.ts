import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export interface IssuedCertificate {
  readonly key: string
  readonly cert: string
  readonly x509: X509Certificate
}

export interface Authority {
  readonly cert: string
  /** @param subject as openssl takes it: `/O=Shop/CN=crm` @param alternativeNames of an openssl section: `DNS.1=…` */
  issue(subject: string, ...alternativeNames: readonly string[]): IssuedCertificate
}

/** An authority that ends with its test; what it issues is good for two days. */
export function createAuthority(t: Pick<Test, 'teardown'>): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'authority-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const run = (...words: readonly string[]): void => {
    execFileSync('openssl', words, { cwd: directory, stdio: 'ignore' })
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-utf8']
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  run('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem')
  let serial = 1
  return {
    cert: read('ca.pem'),
    issue(subject, ...alternativeNames) {
      const name = `issued-${++serial}`
      const names = alternativeNames.length === 0 ? [] : ['subjectAltName=@names', '[names]', ...alternativeNames]
      writeFileSync(join(directory, 'extensions'), ['basicConstraints=CA:FALSE', ...names, ''].join('\n'))
      run('req', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(serial), '-days', '2', '-extfile', 'extensions']
      run('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signing)
      return { key: read(`${name}.key`), cert: read(`${name}.pem`), x509: new X509Certificate(read(`${name}.pem`)) }
    }
  }
}
