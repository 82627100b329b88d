import { formatAddress, parseAddress, parseCidr } from './address.ts'
import type { IssueCollector } from './collector.ts'
import { formatPath, type Path } from './issue.ts'
import type { AddressPlan } from './plan.ts'
import { isMap } from './prepare.ts'
import { listOf } from './reading.ts'

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Addresses to listen on, the admin listener included, and the trusted proxies. */
export function checkListeners(document: Readonly<Record<string, unknown>>, issues: IssueCollector): void {
  const taken: { readonly path: Path; readonly address: AddressPlan }[] = []
  const listeners = listOf(document['listeners']).map((listener, index) => [listener, ['listeners', index]] as const)
  for (const [holder, at] of [...listeners, [document['admin'], ['admin']] as const]) {
    if (!isMap(holder) || typeof holder['address'] !== 'string') continue
    const path = [...at, 'address']
    const parsed = parseAddress(holder['address'])
    if (!parsed.ok) {
      issues.add(path, { code: 'bad-address', message: parsed.reason, hint: parsed.hint })
      continue
    }
    const other = taken.find(({ address }) => clash(address, parsed.value))
    if (other !== undefined) {
      issues.add(path, {
        code: 'listener-clash',
        message: `${formatAddress(parsed.value)} clashes with ${formatPath(other.path)}, ${formatAddress(other.address)}`
      })
    }
    taken.push({ path, address: parsed.value })
  }
  for (const [index, block] of listOf(document['trustedProxies']).entries()) {
    const parsed = typeof block === 'string' ? parseCidr(block) : null
    if (parsed?.ok === false) issues.add(['trustedProxies', index], { code: 'bad-cidr', message: parsed.reason, hint: parsed.hint })
  }
}

function clash(a: AddressPlan, b: AddressPlan): boolean {
  if (a.port === 0 || a.port !== b.port) return false
  return a.host === b.host || WILDCARDS.has(a.host) || WILDCARDS.has(b.host)
}
