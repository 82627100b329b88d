import { createHash, createPublicKey } from 'node:crypto'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { suggestion } from './nearest.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'

const CERTIFICATE = /^(?:sha256:(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}|subject:.+|dns:.+|uri:.+)$/i

/** The consumers of a document: names and credentials belong to one of them each. */
export function checkConsumers(document: Readonly<JsonMap>, issues: IssueCollector): void {
  const seen = new Map<string, Path>()
  /** Two consumers with one credential: nobody could say who it is. Values are never shown. */
  const claim = (kind: string, value: unknown, path: Path): void => {
    const text = textOf(value)
    if (text === null) return
    const before = seen.get(`${kind} ${text}`)
    if (before === undefined) seen.set(`${kind} ${text}`, path)
    else issues.add(path, { code: 'duplicate-credential', message: `this ${kind} is that of another consumer already`, focus: 'key' })
  }
  for (const [index, consumer] of listOf(document['consumers']).entries()) {
    if (!isMap(consumer)) continue
    const path: Path = ['consumers', index]
    const name = textOf(consumer['name'])
    claim('name', name, [...path, 'name'])
    for (const [at, key] of listOf(consumer['apiKeys']).entries()) checkApiKey(key, [...path, 'apiKeys', at], claim, issues)
    for (const [at, entry] of listOf(consumer['basic']).entries()) {
      checkPassword(mapOf(entry)['password'], [...path, 'basic', at, 'password'], issues)
      const username = textOf(mapOf(entry)['username'])
      claim('user name', username, [...path, 'basic', at, 'username'])
      if (username?.includes(':') === true) {
        issues.add([...path, 'basic', at, 'username'], { code: 'bad-format', message: 'a user name has no colon (RFC 7617, section 2)' })
      }
    }
    for (const [at, entry] of listOf(consumer['hmacKeys']).entries()) {
      claim('key id', mapOf(entry)['id'], [...path, 'hmacKeys', at, 'id'])
      const { secret, publicKey } = mapOf(entry)
      if ((secret === undefined) === (publicKey === undefined)) {
        issues.add([...path, 'hmacKeys', at], { code: 'exactly-one', message: 'expected exactly one of secret and publicKey', focus: 'key' })
      }
      checkPublicKey(publicKey, [...path, 'hmacKeys', at, 'publicKey'], issues)
      const bytes = Buffer.byteLength(textOf(secret) ?? '')
      if (secret !== undefined && bytes < 32) {
        issues.add([...path, 'hmacKeys', at, 'secret'], {
          code: 'weak-secret',
          message: `the secret has ${bytes} bytes; less than 32 can be guessed`
        })
      }
    }
    for (const [at, certificate] of listOf(consumer['certificates']).entries()) {
      claim('certificate', certificate, [...path, 'certificates', at])
      if (typeof certificate === 'string' && !CERTIFICATE.test(certificate)) {
        const message = 'expected sha256:<fingerprint of 64 hex digits>, subject:<CN>, dns:<name> or uri:<uri>'
        issues.add([...path, 'certificates', at], { code: 'bad-format', message })
      }
    }
  }
  checkAuthentication(document['authentication'], ['authentication'], document, issues)
  for (const [index, route] of listOf(document['routes']).entries()) {
    checkAuthentication(mapOf(route)['authentication'], ['routes', index, 'authentication'], document, issues)
  }
}

type Claim = (kind: string, value: unknown, path: Path) => void

/** By its digest: one consumer may have the key itself and another its hash. */
function checkApiKey(value: unknown, path: Path, claim: Claim, issues: IssueCollector): void {
  const key = textOf(value)
  if (key === null) return
  if (!key.startsWith('sha256:')) return claim('key', createHash('sha256').update(key).digest('hex'), path)
  const digest = key.slice('sha256:'.length).toLowerCase()
  if (/^[0-9a-f]{64}$/.test(digest)) claim('key', digest, path)
  else issues.add(path, { code: 'bad-format', message: 'expected 64 hex digits after sha256:' })
}

const KNOWN_HASH = /^(?:scrypt:\d+:\d+:\d+:[\w-]+:[\w-]+|\$2[aby]\$(?:0[4-9]|1[0-5])\$[./A-Za-z0-9]{53})$/

/** Taken for plain text, a hash would itself be the password. */
function checkPassword(value: unknown, path: Path, issues: IssueCollector): void {
  const password = textOf(value)
  if (password === null || !/^(?:scrypt:|\$[\w-]+\$)/.test(password) || KNOWN_HASH.test(password)) return
  const message = 'this looks like a hash, but not like one that can be checked'
  issues.add(path, { code: 'bad-format', message, hint: 'scrypt:N:r:p:<salt>:<hash>, which `sallyport hash` makes, or bcrypt with cost 04 to 15' })
}

function checkPublicKey(value: unknown, path: Path, issues: IssueCollector): void {
  const pem = textOf(value)
  if (pem === null) return
  if (pem.includes('PRIVATE KEY')) issues.add(path, { code: 'bad-format', message: 'this is a private key; the gateway needs the public one' })
  else if (!isPublicKey(pem)) issues.add(path, { code: 'bad-format', message: 'expected the PEM text of a public key' })
}

function isPublicKey(pem: string): boolean {
  try {
    createPublicKey(pem)
    return true
  } catch {
    return false
  }
}

function checkAuthentication(authentication: unknown, path: Path, document: Readonly<JsonMap>, issues: IssueCollector): void {
  const name = textOf(mapOf(authentication)['anonymous'])
  if (name === null) return
  const names = listOf(document['consumers']).flatMap((consumer) => textOf(mapOf(consumer)['name']) ?? [])
  if (names.includes(name)) return
  issues.add([...path, 'anonymous'], {
    code: 'dangling-reference',
    message: `there is no consumer "${name}"`,
    hint: suggestion(name, names, 'consumers')
  })
}
