import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'
import type { Claims } from './introspector.ts'

interface Owner {
  readonly issuer: string | null
  readonly consumer: Consumer
}

const NAMES = ['sub', 'username', 'client_id'] as const

/** Whom a token belongs to: the consumer of the document that has its subject, else whoever the answer names; null when it names nobody. */
export function createConsumers(entries: readonly ConsumerEntry[]): (claims: Claims) => Consumer | null {
  const owners = new Map<string, Owner[]>()
  for (const { name, groups, subjects } of entries) {
    for (const { issuer, subject } of subjects) {
      owners.set(subject, [...(owners.get(subject) ?? []), { issuer, consumer: { name, groups } }])
    }
  }
  return (claims) => {
    const known = typeof claims['sub'] === 'string' ? (owners.get(claims['sub']) ?? []) : []
    // One that names the issuer goes before one for any issuer, in whichever order they are written.
    const owner = known.find(({ issuer }) => issuer !== null && issuer === claims['iss']) ?? known.find(({ issuer }) => issuer === null)
    return owner?.consumer ?? namedBy(claims)
  }
}

function namedBy(claims: Claims): Consumer | null {
  const name = NAMES.map((key) => claims[key]).find((value) => typeof value === 'string' && value !== '')
  if (typeof name !== 'string') return null
  const groups: unknown = claims['groups']
  const isNamed = Array.isArray(groups) && groups.every((group) => typeof group === 'string')
  return { name, groups: isNamed ? groups : [] }
}
