import type { HeldMember, HoldReason, Membership, MembershipRule } from './types.ts'

/**
 * Which members of a service to use, given what its registry says. Coming is believed at once, going is believed when nothing speaks
 * against it: an empty answer, a registry that was restarted without its data, or most members gone at once are the usual faces of a broken
 * registry rather than of a broken service. Members that are really gone cost little while they are held: outlier detection and retries take
 * care of them.
 * @param keyOf What makes two members the same.
 * @param isSame Whether nothing about a member changed.
 * @param initial Known from before, such as from a file.
 */
export function createMembership<M>(
  rule: MembershipRule,
  keyOf: (member: M) => string,
  isSame: (a: M, b: M) => boolean,
  initial: readonly M[] = []
): Membership<M> {
  let current = rule
  let members: readonly M[] = unique(initial, keyOf)
  let held = new Map<string, HeldMember<M>>()
  /** Until then, what is missing may only not have come back yet. */
  let refillingUntilMs = -Infinity

  function holdReason(missing: number, answered: number, now: number): { readonly reason: HoldReason; readonly forMs: number } | null {
    if (answered === 0) return { reason: 'empty', forMs: current.emptyGraceMs }
    if (now < refillingUntilMs) return { reason: 'refilling', forMs: current.emptyGraceMs }
    const isMass = missing > 1 && missing > current.massRemovalRatio * members.length
    return isMass ? { reason: 'mass-removal', forMs: current.confirmMs } : null
  }

  function holdMissing(next: ReadonlyMap<string, M>, now: number): Map<string, HeldMember<M>> {
    const missing = members.filter((member) => !next.has(keyOf(member)))
    const rules = missing.length === 0 ? null : holdReason(missing.length, next.size, now)
    const kept = new Map<string, HeldMember<M>>()
    if (rules === null) return kept
    for (const member of missing) {
      const key = keyOf(member)
      const sinceMs = held.get(key)?.sinceMs ?? now
      const untilMs = sinceMs + rules.forMs
      if (now < untilMs) kept.set(key, { member, reason: rules.reason, sinceMs, untilMs })
    }
    return kept
  }

  return {
    get members() {
      return members
    },
    get held() {
      return [...held.values()]
    },
    get confirmAtMs() {
      let first = Infinity
      for (const { untilMs } of held.values()) first = Math.min(first, untilMs)
      return first
    },
    feed(answer, refilling, now) {
      const next = new Map(unique(answer, keyOf).map((member) => [keyOf(member), member]))
      if (members.length > 0 && (refilling || (next.size === 0 && now >= refillingUntilMs && held.size === 0))) {
        refillingUntilMs = now + current.emptyGraceMs
      }
      held = holdMissing(next, now)
      const before = members
      // Kept in their places: what depends on the order, such as hashing or turns, is not to move for nothing.
      const kept = before.flatMap((member) => next.get(keyOf(member)) ?? held.get(keyOf(member))?.member ?? [])
      const known = new Set(kept.map(keyOf))
      const after = [...kept, ...[...next.values()].filter((member) => !known.has(keyOf(member)))]
      if (after.length === before.length && after.every((member, index) => isSame(member, before[index] as M))) return false
      members = after
      return true
    },
    configure(changed) {
      current = changed
    }
  }
}

function unique<M>(members: readonly M[], keyOf: (member: M) => string): readonly M[] {
  const seen = new Map<string, M>()
  for (const member of members) if (!seen.has(keyOf(member))) seen.set(keyOf(member), member)
  return [...seen.values()]
}
