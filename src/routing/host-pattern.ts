/** A parsed host. For a wildcard, `suffix` starts with the dot: `*.example.com` has `.example.com`. */
export type HostPattern = { readonly kind: 'exact'; readonly host: string } | { readonly kind: 'wildcard'; readonly suffix: string }

export type HostPatternResult =
  | { readonly ok: true; readonly host: HostPattern; /** Canonical text: lower case. */ readonly text: string }
  | { readonly ok: false; readonly reason: string; readonly offset: number }

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Reads `api.example.com`, `*.example.com`, `10.0.0.1` or `[::1]`. Upper case is lowered, an IPv6 address is written in its
 * shortest form. Never throws.
 */
export function parseHost(text: string): HostPatternResult {
  const lower = text.toLowerCase()
  if (lower === '') return problem('the host is empty; leave "hosts" out to match any host', 0)
  if (lower === '*') return problem('leave "hosts" out to match any host', 0)
  if (lower.includes('://')) return problem('a host has no scheme', 0)
  if (lower.startsWith('[')) return parseIPv6(lower)
  if (lower.split(':').length > 2) return problem('write an IPv6 address in brackets, as in "[::1]"', 0)
  if (lower.includes(':')) return problem('a host has no port; a route matches every port of its listener', lower.indexOf(':'))
  if (lower.includes('/')) return problem('a host has no path', lower.indexOf('/'))
  if (lower.endsWith('.')) return problem('leave out the trailing dot', lower.length - 1)
  const star = lower.lastIndexOf('*')
  if (star > 0 || (star === 0 && lower[1] !== '.')) {
    return problem('"*" may only be the whole first label, as in "*.example.com"', star)
  }
  const name = star === 0 ? lower.slice(2) : lower
  const wrong = nameProblem(name, lower.length - name.length)
  if (wrong !== undefined) return wrong
  if (star === -1) return { ok: true, host: { kind: 'exact', host: name }, text: lower }
  if (isIPv4(name)) return problem('an IP address has no subdomains', 0)
  return { ok: true, host: { kind: 'wildcard', suffix: `.${name}` }, text: lower }
}

function nameProblem(name: string, start: number): HostPatternResult | undefined {
  if (name.length > 253) return problem('a host name has at most 253 characters', start)
  let offset = start
  const labels = name.split('.')
  for (const part of labels) {
    if (part === '') return problem('a label is empty', offset)
    // eslint-disable-next-line no-control-regex -- everything outside ASCII is meant
    if (/[^\x00-\x7f]/.test(part)) return problem('write an international name in its ASCII form ("xn--…")', offset)
    if (!label.test(part)) return problem(`"${part}" is not a host label (letters, digits, "-", "_"; at most 63)`, offset)
    offset += part.length + 1
  }
  if (/^[0-9]+$/.test(labels.at(-1) ?? '') && !isIPv4(name)) return problem(`"${name}" is not an IPv4 address`, start)
  return undefined
}

function isIPv4(name: string): boolean {
  const parts = name.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
}

function parseIPv6(text: string): HostPatternResult {
  const close = text.indexOf(']')
  if (close !== -1 && close !== text.length - 1) return problem('a host has no port; a route matches every port of its listener', close + 1)
  const url = /^\[[0-9a-f:.]+\]$/.test(text) ? URL.parse(`http://${text}`) : null
  if (url === null) return problem(`"${text}" is not an IPv6 address in brackets`, 0)
  return { ok: true, host: { kind: 'exact', host: url.hostname }, text: url.hostname }
}

function problem(reason: string, offset: number): { readonly ok: false; readonly reason: string; readonly offset: number } {
  return { ok: false, reason, offset }
}
