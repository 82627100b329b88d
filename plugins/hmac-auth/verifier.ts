import { createHash } from 'node:crypto'
import type { Consumer } from '../../src/plugin-api/index.ts'
import { isSupported, signatureBase } from './components.ts'
import { isSignedBy, type Algorithm, type KnownKey } from './keys.ts'
import type { SignedMessage } from './message.ts'
import type { Reason } from './reasons.ts'
import { parseDictionary, type Dictionary, type InnerList } from './structured-fields.ts'

export interface VerifierSettings {
  readonly keys: ReadonlyMap<string, KnownKey>
  readonly required: readonly string[]
  readonly contentDigest: boolean
  /** Null: only signatures without a tag. */
  readonly tag: string | null
  readonly maxAgeMs: number
  readonly clockSkewMs: number
}

export interface VerifiedSignature {
  readonly consumer: Consumer
  readonly keyId: string
  /** Equal for two copies of one signed request. */
  readonly copyId: string
}

/** Judges one message (RFC 9421 section 3.2) at a time in milliseconds since the epoch. */
export function verifyMessage(message: SignedMessage, settings: VerifierSettings, wallMs: number): VerifiedSignature | Reason {
  const [inputField, signatureField] = [message.lines('signature-input').join(', '), message.lines('signature').join(', ')]
  if (inputField === '' && signatureField === '') return 'missing'
  const inputs = parseDictionary(inputField)
  const signatures = parseDictionary(signatureField)
  if (inputs === null || signatures === null || inputs.size === 0) return 'malformed'

  const chosen = choose(inputs, settings)
  if (typeof chosen === 'string') return chosen
  const { label, input, parameters, known } = chosen
  const member = signatures.get(label)
  if (member === undefined || 'items' in member || member.value.kind !== 'bytes') return 'malformed'
  if (!input.items.every(isSupported)) return 'unsupported'

  const algorithm = parameters.alg === null ? known.algorithms[0] : known.algorithms.find((name) => name === parameters.alg)
  if (algorithm === undefined) return 'algorithm'
  const fault = judgeCoverage(message, input, settings) ?? judgeTime(parameters, settings, wallMs)
  if (fault !== null) return fault
  const base = signatureBase(message, input)
  if (base === null) return 'components'
  return judgeSignature(known, algorithm, base, member.value.value, parameters)
}

interface SignatureParameters {
  readonly keyid: string | null
  readonly alg: string | null
  readonly tag: string | null
  readonly nonce: string | null
  readonly created: number | null
  readonly expires: number | null
}

interface Choice {
  readonly label: string
  readonly input: InnerList
  readonly parameters: SignatureParameters
  readonly known: KnownKey
}

/** The first signature by a known key and for our tag: others may be meant for others (RFC 9421 section 3.2, step 1). */
function choose(inputs: Dictionary, { keys, tag }: VerifierSettings): Choice | 'malformed' | 'unsupported' | 'unknown_key' {
  let reason: 'unsupported' | 'unknown_key' = 'unknown_key'
  for (const [label, input] of inputs) {
    if (!('items' in input)) return 'malformed'
    const parameters = readParameters(input)
    if (parameters === null) return 'malformed'
    const known = parameters.keyid === null ? undefined : keys.get(parameters.keyid)
    if (known !== undefined && parameters.tag === tag) return { label, input, parameters, known }
    // As for a known key: the answer must not tell which keys there are.
    if (!input.items.every(isSupported)) reason = 'unsupported'
  }
  return reason
}

/** RFC 9421 section 2.3; null when one of the parameters is not of its type. */
function readParameters({ parameters }: InnerList): SignatureParameters | null {
  const text = (name: string) => read<string>(parameters.get(name), 'string')
  const time = (name: string) => read<number>(parameters.get(name), 'integer')
  const found = { keyid: text('keyid'), alg: text('alg'), tag: text('tag'), nonce: text('nonce'), created: time('created'), expires: time('expires') }
  return Object.values(found).includes(undefined) ? null : (found as SignatureParameters)
}

/** Null when it is not there, undefined when it is of another type. */
function read<T>(item: { readonly kind: string; readonly value: unknown } | undefined, kind: string): T | null | undefined {
  if (item === undefined) return null
  return item.kind === kind ? (item.value as T) : undefined
}

function judgeCoverage(message: SignedMessage, input: InnerList, { required, contentDigest }: VerifierSettings): Reason | null {
  const covered = new Set(input.items.map(({ value }) => value.value))
  const isDigestNeeded = contentDigest && message.hasBody
  if (required.some((name) => !covered.has(name)) || (isDigestNeeded && !covered.has('content-digest'))) return 'components'
  return isDigestNeeded && !isUsableDigest(message.lines('content-digest').join(', ')) ? 'digest' : null
}

const DIGEST_BYTES: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-512': 64 }

/** Whether whoever reads the body can compare it: only the two hashes of RFC 9530 section 5 that are not broken, at their full length. */
function isUsableDigest(field: string): boolean {
  const digests = [...(parseDictionary(field) ?? [])].filter(([name]) => Object.hasOwn(DIGEST_BYTES, name))
  return digests.length > 0 && digests.every(([name, digest]) => !('items' in digest) && isHash(digest.value, DIGEST_BYTES[name] ?? 0))
}

function isHash(item: { readonly kind: string; readonly value: unknown }, bytes: number): boolean {
  return item.kind === 'bytes' && (item.value as Buffer).length === bytes
}

/** A signature without `created` would be good for ever. */
function judgeTime({ created, expires }: SignatureParameters, { maxAgeMs, clockSkewMs }: VerifierSettings, wallMs: number): Reason | null {
  if (created === null) return 'expired'
  if (created * 1000 - clockSkewMs > wallMs) return 'not_active'
  const endMs = Math.min(created * 1000 + maxAgeMs, expires === null ? Infinity : expires * 1000)
  return wallMs >= endMs + clockSkewMs ? 'expired' : null
}

function judgeSignature(
  { consumer, key }: KnownKey,
  algorithm: Algorithm,
  base: string,
  signature: Buffer,
  { keyid, nonce }: SignatureParameters
): VerifiedSignature | Reason {
  if (!isSignedBy(key, algorithm, base, signature)) return 'signature'
  // Not the signature's own bytes: of one ECDSA signature anybody can make a second one that is good as well.
  const copyId = createHash('sha256')
    .update(nonce === null ? `base ${base}` : `nonce ${nonce}`)
    .digest('base64url')
  return { consumer, keyId: keyid ?? '', copyId }
}
