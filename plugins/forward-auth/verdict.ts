import { fieldValue, type OutboundAnswer } from '../../src/plugin-api/index.ts'
import type { ForwardAuthConfig } from './schema.ts'

export interface Admission {
  readonly kind: 'admitted'
  /** For the upstream. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly consumer: string | null
}

export interface Refusal {
  readonly kind: 'unauthenticated' | 'forbidden' | 'redirected'
  readonly status: number
  /** For the client. */
  readonly fields: readonly (readonly [name: string, value: string | readonly string[]])[]
  readonly body: Buffer
}

export type Verdict = Admission | Refusal | { readonly kind: 'unavailable' }

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const PASSED = ['content-type', 'content-encoding', 'www-authenticate', 'location']

/** What an answer of the service means. Whatever is no clear decision is none. */
export function createReader(config: ForwardAuthConfig): (answer: OutboundAnswer) => Verdict {
  const names = [...new Set(config.responseHeaders.map((name) => name.toLowerCase()))]
  const consumerField = config.consumerHeader?.toLowerCase() ?? null
  return (answer) => {
    const { status, headers, body } = answer
    if (status >= 200 && status < 300) {
      const fields = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, fieldValue(headers[name])] as const]))
      const consumer = consumerField === null ? '' : fieldValue(headers[consumerField] ?? '')
      return { kind: 'admitted', fields, consumer: consumer === '' ? null : consumer }
    }
    if (status === 401) return { kind: 'unauthenticated', status, fields: passedFields(answer), body }
    if (status === 403) return { kind: 'forbidden', status, fields: passedFields(answer), body }
    if (config.passRedirects && REDIRECTS.has(status) && headers['location'] !== undefined) {
      return { kind: 'redirected', status, fields: passedFields(answer), body }
    }
    return { kind: 'unavailable' }
  }
}

/**
 * Whether the answer to one request may be given to an equal one that came meanwhile. What sets a cookie or leads to a login is for one
 * browser alone: two that have not logged in yet are equal, and must not share the secret of a login.
 */
export function isShareable(verdict: Verdict): boolean {
  return (
    verdict.kind === 'admitted' || verdict.kind === 'unavailable' || !verdict.fields.some(([name]) => name === 'set-cookie' || name === 'location')
  )
}

function passedFields({ headers, setCookies }: OutboundAnswer): Refusal['fields'] {
  const fields = PASSED.flatMap((name) => (headers[name] === undefined ? [] : [[name, fieldValue(headers[name])] as const]))
  return setCookies.length === 0 ? fields : [...fields, ['set-cookie', setCookies.map(fieldValue)]]
}
