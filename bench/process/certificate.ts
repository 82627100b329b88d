import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsFiles } from '../contestants/types.ts'
import { findProgram } from './programs-on-path.ts'

/** A certificate for 127.0.0.1, made for this run. Null without openssl. */
export function makeCertificate(folder: string): TlsFiles | null {
  if (findProgram('openssl') === null) return null
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem'), pairFile: join(folder, 'pair.pem') }
  const subject = ['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.keyFile, '-out', files.certFile]
  const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...key, ...subject], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  writeFileSync(files.pairFile, readFileSync(files.certFile, 'utf8') + readFileSync(files.keyFile, 'utf8'), { mode: 0o600 })
  return files
}
