import type { Balancer, Candidate } from '../../src/policy/balancer/types.ts'

export const weighted = (weights: Readonly<Record<string, number>>): Candidate[] => Object.entries(weights).map(([key, weight]) => ({ key, weight }))

export function picks(balancer: Balancer, candidates: readonly Candidate[], count: number): string[] {
  return Array.from({ length: count }, () => balancer.pick(candidates, { clientIp: '' })?.key ?? '-')
}

export function counts(keys: readonly string[]): Record<string, number> {
  const result: Record<string, number> = {}
  for (const key of keys) result[key] = (result[key] ?? 0) + 1
  return result
}
