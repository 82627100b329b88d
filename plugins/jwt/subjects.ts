import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'
import type { JsonObject } from './token-text.ts'

interface Owners {
  any: Consumer | null
  readonly byIssuer: Map<string, Consumer>
}

/** The consumer of the document that a token belongs to by `iss` and `sub`; one that names the issuer goes before one that does not. */
export function createSubjects(consumers: readonly ConsumerEntry[]): (claims: JsonObject) => Consumer | null {
  const bySubject = new Map<string, Owners>()
  for (const { name, groups, subjects } of consumers) {
    // A copy: requests see the consumer, and an entry has credentials in it.
    const consumer: Consumer = Object.freeze({ name, groups: Object.freeze([...groups]) })
    for (const { issuer, subject } of subjects) {
      const owners = bySubject.get(subject) ?? { any: null, byIssuer: new Map() }
      bySubject.set(subject, owners)
      if (issuer === null) owners.any ??= consumer
      else if (!owners.byIssuer.has(issuer)) owners.byIssuer.set(issuer, consumer)
    }
  }
  if (bySubject.size === 0) return () => null
  return ({ iss, sub }) => {
    const owners = typeof sub === 'string' ? bySubject.get(sub) : undefined
    if (owners === undefined) return null
    return (typeof iss === 'string' ? owners.byIssuer.get(iss) : undefined) ?? owners.any
  }
}
