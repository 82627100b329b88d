/** How far a registry is believed when it says that endpoints are gone. */
export interface MembershipRule {
  /** How long an answer without any member, or one of a registry that lost its memory, must last before it takes members away. */
  readonly emptyGraceMs: number
  /** Share of the members, 0 to 1; when more than that, and more than one, are missing at once, a later answer must confirm it. */
  readonly massRemovalRatio: number
  /** Time until the confirming answer. */
  readonly confirmMs: number
}

export type HoldReason = 'empty' | 'refilling' | 'mass-removal'

/** A member that the registry does not name any more and that is kept for now. */
export interface HeldMember<M> {
  readonly member: M
  readonly reason: HoldReason
  /** Monotonic ms of the first answer without it. */
  readonly sinceMs: number
  /** An answer at or after this moment that is still without it takes it away. */
  readonly untilMs: number
}

/** Told of an answer. */
export interface Membership<M> {
  /** What is to be used: what the last answer named, and what is held. */
  readonly members: readonly M[]
  readonly held: readonly HeldMember<M>[]
  /** Monotonic ms at which the registry should be asked again, for something held is due then; Infinity when nothing is held. */
  readonly confirmAtMs: number
  /** Takes the next answer; true when `members` changed. Additions and new attributes count at once. */
  feed(members: readonly M[], refilling: boolean, now: number): boolean
  /** Later answers are judged by another rule. */
  configure(rule: MembershipRule): void
}
