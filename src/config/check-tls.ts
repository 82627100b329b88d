import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import type { TlsPlan } from './plan.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'

type Files = 'caFile' | 'certFile' | 'keyFile'

/** Reads the PEM files of the upstreams. The result has every upstream with a `tls` map, and is complete when nothing was wrong. */
export function checkTls(
  document: Readonly<Record<string, unknown>>,
  readFile: (path: string) => string,
  issues: IssueCollector
): ReadonlyMap<string, TlsPlan> {
  const plans = new Map<string, TlsPlan>()
  for (const [name, upstream] of Object.entries(mapOf(document['upstreams']))) {
    const tls = mapOf(upstream)['tls']
    if (!isMap(tls)) continue
    const path = ['upstreams', name, 'tls']
    plans.set(name, readTls(tls, path, readFile, issues))
    checkUse(mapOf(upstream)['endpoints'], path, issues)
  }
  return plans
}

/** The PEM files that one `tls` map names. */
export function readTls(tls: Readonly<JsonMap>, path: Path, readFile: (path: string) => string, issues: IssueCollector): TlsPlan {
  const pem = (key: Files, what: string): string | null => readPem(textOf(tls[key]), [...path, key], what, readFile, issues)
  const plan = {
    caPem: pem('caFile', 'CERTIFICATE'),
    certPem: pem('certFile', 'CERTIFICATE'),
    keyPem: pem('keyFile', 'PRIVATE KEY'),
    serverName: textOf(tls['serverName']),
    insecureSkipVerify: tls['insecureSkipVerify'] === true
  }
  for (const [key, other] of [
    ['certFile', 'keyFile'],
    ['keyFile', 'certFile']
  ] as const) {
    if (tls[key] !== undefined && tls[other] === undefined) {
      issues.add(path, { code: 'missing-key', message: `\`${key}\` needs \`${other}\``, focus: 'key' })
    }
  }
  if (tls['insecureSkipVerify'] === true) {
    issues.add([...path, 'insecureSkipVerify'], {
      severity: 'warning',
      code: 'insecure-tls',
      message: 'certificates are not verified'
    })
  }
  return plan
}

function checkUse(endpoints: unknown, path: Path, issues: IssueCollector): void {
  const urls = listOf(endpoints).map((endpoint) => (typeof endpoint === 'string' ? endpoint : String(mapOf(endpoint)['url'])))
  if (urls.length > 0 && urls.every((url) => url.startsWith('http:'))) {
    issues.add(path, { severity: 'warning', code: 'unused-tls', message: 'no endpoint of this upstream has an https: url', focus: 'key' })
  }
}

function readPem(file: string | null, path: Path, what: string, readFile: (path: string) => string, issues: IssueCollector): string | null {
  if (file === null) return null
  let text: string
  try {
    text = readFile(file)
  } catch {
    issues.add(path, { code: 'unreadable-file', message: `cannot read the file ${file}` })
    return null
  }
  if (new RegExp(`-----BEGIN [A-Z0-9 ]*${what}-----`).test(text)) return text
  issues.add(path, { code: 'bad-pem', message: `the file ${file} holds no PEM ${what.toLowerCase()}` })
  return null
}
