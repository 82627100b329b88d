import type { CheckIssue } from '../../src/plugin-api/index.ts'

export type OriginRule = string | { readonly regex: string }

/** Whole-origin match: an unanchored `shop\.example` would also allow `https://shop.example.evil.test`. */
export function compileOrigin(rule: OriginRule): string | RegExp {
  return typeof rule === 'string' ? rule : new RegExp(`^(?:${rule.regex})$`)
}

export function originIssues(rules: readonly OriginRule[], credentials: boolean): CheckIssue[] {
  return rules.flatMap((rule, index): CheckIssue[] => {
    if (typeof rule !== 'string') return regexIssues(rule.regex, index)
    if (rule === '*') {
      return credentials
        ? [
            {
              severity: 'error',
              path: ['origins', index],
              message: "'*' cannot be combined with credentials: true",
              hint: 'list the origins that may send credentials'
            }
          ]
        : []
    }
    const origin = canonicalOrigin(rule)
    if (origin === rule) return []
    return [
      {
        severity: 'error',
        path: ['origins', index],
        message: `${rule} is not an origin`,
        hint: origin === null ? 'write scheme://host[:port]' : `browsers send ${origin}`
      }
    ]
  })
}

function regexIssues(source: string, index: number): CheckIssue[] {
  try {
    compileOrigin({ regex: source })
    return []
  } catch (error) {
    return [{ severity: 'error', path: ['origins', index, 'regex'], message: (error as Error).message }]
  }
}

/** As a browser serialises it: lower case, no default port, no path. `null` is what sandboxed documents send. */
function canonicalOrigin(text: string): string | null {
  if (text === 'null') return text
  try {
    const url = new URL(text)
    // Schemes without an origin of their own (`capacitor:`, `chrome-extension:`) say 'null' here.
    return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
  } catch {
    return null
  }
}
