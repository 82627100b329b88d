import { parseHost } from '../routing/host-pattern.ts'

/** What is wrong with a fixed Host; null when nothing is. A port is allowed, as in the header field itself. */
export function hostProblem(name: string): string | null {
  const [, host = name, port] = /^(.*?)(?::(\d+))?$/.exec(name) ?? []
  const parsed = parseHost(host)
  if (parsed.ok && parsed.host.kind === 'exact' && Number(port ?? 1) <= 65_535) return null
  return parsed.ok ? 'a fixed name has no wildcard and a valid port' : parsed.reason
}
