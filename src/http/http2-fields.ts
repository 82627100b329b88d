import type { OutgoingHttpHeaders } from 'node:http'
import { checkField } from '../proxy/header-fields.ts'

/** Fields that mean one connection of HTTP/1; a message of HTTP/2 that holds one is malformed (RFC 9113 section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'http2-settings'
])

/** Whether a request may not hold it; TE may be there for trailers. */
export function isConnectionField(lowerName: string, value: string): boolean {
  return CONNECTION_FIELDS.has(lowerName) && lowerName !== 'http2-settings' && !(lowerName === 'te' && value.toLowerCase() === 'trailers')
}

/**
 * Appends an answer's fields as HTTP/2 writes them: without those of the connection, and without space around a value, which would make the
 * whole answer malformed for its reader (RFC 9113 section 8.2.1). Node checks names only, and a NUL in a value would begin another field.
 * @throws TypeError for a field that cannot be written
 */
export function pushFields(out: string[], fields: readonly unknown[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = String(fields[i]).toLowerCase()
    if (CONNECTION_FIELDS.has(name)) continue
    const value = withoutSpaceAround(String(fields[i + 1]))
    checkField(name, value)
    out.push(name, value)
  }
}

/** Name, value, name, value … of the two other shapes that `writeHead` takes; a list of values is as many fields. */
export function flatFields(headers: OutgoingHttpHeaders): string[] {
  const out: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) out.push(name, String(one))
  }
  return out
}

const SPACE = 32
const TAB = 9

function withoutSpaceAround(value: string): string {
  return isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1)) ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB
}
