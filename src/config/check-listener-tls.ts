import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import type { CertificatePlan, ListenerTlsPlan } from './plan.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, textOf } from './reading.ts'

type ReadFile = (path: string) => string

/** Reads the certificates of the listeners; by index of the listener, complete when nothing was wrong. */
export function checkListenerTls(document: Readonly<JsonMap>, readFile: ReadFile, issues: IssueCollector): ReadonlyMap<number, ListenerTlsPlan> {
  const plans = new Map<number, ListenerTlsPlan>()
  for (const [index, listener] of listOf(document['listeners']).entries()) {
    const tls = isMap(listener) ? listener['tls'] : undefined
    if (isMap(listener) && listener['http2'] === true && tls === undefined) {
      const hint = 'give the listener tls, or leave http2 out'
      issues.add(['listeners', index, 'http2'], { code: 'http2-without-tls', message: 'HTTP/2 is served over TLS only', hint, focus: 'key' })
    }
    if (isMap(tls)) plans.set(index, readTls(tls, ['listeners', index, 'tls'], readFile, issues))
  }
  return plans
}

function readTls(tls: Readonly<JsonMap>, path: Path, readFile: ReadFile, issues: IssueCollector): ListenerTlsPlan {
  const certificates = certificatesOf(tls, path, issues).flatMap((entry) => readCertificate(entry.files, entry.path, readFile, issues) ?? [])
  const clientCert = tls['clientCert'] === 'optional' || tls['clientCert'] === 'required' ? tls['clientCert'] : 'none'
  const caFile = textOf(tls['clientCaFile'])
  const clientCaPem = caFile === null ? null : readPem(caFile, [...path, 'clientCaFile'], 'certificate', readFile, issues)
  if (clientCert !== 'none' && caFile === null) {
    issues.add(path, { code: 'missing-key', message: `\`clientCert: ${clientCert}\` needs \`clientCaFile\``, focus: 'key' })
  }
  if (clientCert === 'none' && caFile !== null) {
    const message = 'clients are not asked for a certificate'
    issues.add([...path, 'clientCaFile'], { severity: 'warning', code: 'without-effect', message, hint: 'set clientCert', focus: 'key' })
  }
  return { certificates, minVersion: tls['minVersion'] === '1.3' ? 'TLSv1.3' : 'TLSv1.2', clientCert, clientCaPem }
}

/** The entries of the list, or the one that stands in `tls` itself. */
function certificatesOf(tls: Readonly<JsonMap>, path: Path, issues: IssueCollector): readonly { readonly files: JsonMap; readonly path: Path }[] {
  const { certFile, keyFile, certificates } = tls
  const isSingle = certFile !== undefined || keyFile !== undefined
  if (isSingle === (certificates !== undefined)) {
    const message = 'expected either certFile with keyFile, or certificates'
    issues.add(path, { code: 'exactly-one', message, focus: 'key' })
  } else if (isSingle && (certFile === undefined || keyFile === undefined)) {
    issues.add(path, { code: 'missing-key', message: `the key "${certFile === undefined ? 'certFile' : 'keyFile'}" is missing`, focus: 'key' })
  }
  if (isSingle) return [{ files: tls, path }]
  return listOf(certificates).flatMap((files, index) => (isMap(files) ? [{ files, path: [...path, 'certificates', index] }] : []))
}

function readCertificate(entry: Readonly<JsonMap>, path: Path, readFile: ReadFile, issues: IssueCollector): CertificatePlan | null {
  const [certFile, keyFile] = [textOf(entry['certFile']), textOf(entry['keyFile'])]
  if (certFile === null || keyFile === null) return null
  const certPem = readPem(certFile, [...path, 'certFile'], 'certificate', readFile, issues)
  const keyPem = readPem(keyFile, [...path, 'keyFile'], 'private key', readFile, issues)
  if (certPem === null || keyPem === null) return null
  const certificate = new X509Certificate(certPem)
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
    issues.add([...path, 'keyFile'], { code: 'key-mismatch', message: `the key in ${keyFile} is not that of the certificate in ${certFile}` })
  }
  return { certPem, keyPem, names: namesOf(certificate) }
}

/** DNS names of the certificate, lower case; wildcards as they are (RFC 6125, section 6.4.3). */
function namesOf(certificate: X509Certificate): readonly string[] {
  const names = [...(certificate.subjectAltName ?? '').matchAll(/(?:^|, )DNS:([^,]+)/g)].map(([, name = '']) => name)
  return names.map((name) => name.trim().toLowerCase())
}

function readPem(file: string, path: Path, what: 'certificate' | 'private key', readFile: ReadFile, issues: IssueCollector): string | null {
  let text: string
  try {
    text = readFile(file)
  } catch {
    issues.add(path, { code: 'unreadable-file', message: `cannot read the file ${file}` })
    return null
  }
  try {
    if (what === 'certificate') new X509Certificate(text)
    else createPrivateKey(text)
    return text
  } catch {
    issues.add(path, { code: 'bad-pem', message: `the file ${file} holds no PEM ${what} that can be used` })
    return null
  }
}
