import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'
import { normalFingerprint, type CertificateFacts } from './certificate-facts.ts'

/** Whose certificate it is. */
export class CertificateIndex {
  readonly #consumers = new Map<string, Consumer>()

  /** @throws TypeError when an entry is malformed or two consumers have the same one in different spellings. */
  constructor(consumers: readonly ConsumerEntry[]) {
    for (const { name, groups, certificates } of consumers) {
      const consumer = Object.freeze({ name, groups: Object.freeze([...groups]) })
      for (const text of certificates) this.#add(text, consumer)
    }
  }

  /** What names one certificate goes before what several may share. */
  find({ fingerprint, uris, dns, commonName }: CertificateFacts): Consumer | null {
    return (
      this.#consumers.get(`sha256:${fingerprint}`) ??
      this.#first('uri', uris) ??
      this.#first('dns', dns) ??
      this.#first('subject', commonName === null ? [] : [commonName])
    )
  }

  get size(): number {
    return this.#consumers.size
  }

  #first(kind: string, names: readonly string[]): Consumer | null {
    for (const name of names) {
      const consumer = this.#consumers.get(`${kind}:${name}`)
      if (consumer !== undefined) return consumer
    }
    return null
  }

  #add(text: string, consumer: Consumer): void {
    const key = normalEntry(text)
    if (key === null) throw new TypeError(`consumer ${consumer.name}: ${text} is not sha256:, subject:, dns: or uri: with a value`)
    const before = this.#consumers.get(key)
    if (before !== undefined && before !== consumer) throw new TypeError(`the consumers ${before.name} and ${consumer.name} both have ${key}`)
    this.#consumers.set(key, consumer)
  }
}

function normalEntry(text: string): string | null {
  const colon = text.indexOf(':')
  const value = text.slice(colon + 1)
  if (colon === -1 || value === '') return null
  switch (text.slice(0, colon).toLowerCase()) {
    case 'sha256': {
      const fingerprint = normalFingerprint(value)
      return /^[0-9a-f]{64}$/.test(fingerprint) ? `sha256:${fingerprint}` : null
    }
    case 'dns':
      return `dns:${value.toLowerCase()}`
    case 'uri':
      return `uri:${value}`
    case 'subject':
      return `subject:${value}`
    default:
      return null
  }
}
