import type { PermitQuestion, PermitStore } from './limits/permits.ts'
import type { LimitQuestion, LimitRule, LimitStore, LimitVerdict } from './limits/store.ts'
import type { Clock } from './types.ts'

/** What floating point may lose. */
const EPSILON = 1e-6

interface Count {
  /** Admissions by time: of a sliding window all, of a fixed window those since `startedAt`, of `gcra` one that flows out. */
  readonly admitted: { at: number; units: number }[]
  startedAt: number
}

/** A store in its simplest form, for tests of plugins: it forgets nothing and knows no calendar. Answers at once. */
export function createTestLimits(clock: Clock): LimitStore {
  const counts = new Map<string, Count>()
  const countOf = ({ rule, key }: LimitQuestion): Count => {
    const name = JSON.stringify([rule.algorithm, rule.id, key])
    const found = counts.get(name) ?? { admitted: [], startedAt: 0 }
    counts.set(name, found)
    age(rule, found, clock.now())
    return found
  }
  const record = (question: LimitQuestion): void => {
    if (question.cost !== 0) add(question.rule, countOf(question), question.cost, clock.now())
  }
  const decide = (questions: readonly LimitQuestion[]): LimitVerdict[] => questions.map((one) => judge(one.rule, countOf(one), one.cost, clock.now()))
  const peek = (questions: readonly LimitQuestion[]): LimitVerdict[] => decide(questions.map((one) => ({ ...one, cost: 0 })))
  return {
    consume(questions) {
      const verdicts = decide(questions)
      if (verdicts.every(({ allowed }) => allowed)) {
        for (const question of questions) record(question)
        return verdicts
      }
      const left = peek(questions)
      return verdicts.map((verdict, index) => (verdict.allowed ? (left[index] ?? verdict) : verdict))
    },
    charge(questions) {
      for (const question of questions) record(question)
    },
    peek
  }
}

/** Places for requests in flight, likewise. */
export function createTestPermits(): PermitStore {
  const held = new Map<string, number>()
  const nameOf = ({ rule, key }: PermitQuestion): string => JSON.stringify([rule.id, key])
  const change = (questions: readonly PermitQuestion[], by: number): void => {
    for (const question of questions) held.set(nameOf(question), (held.get(nameOf(question)) ?? 0) + by)
  }
  return {
    acquire(questions) {
      const verdicts = questions.map((question) => {
        change([question], 1)
        const inFlight = held.get(nameOf(question)) ?? 0
        return { allowed: inFlight <= question.rule.limit, inFlight }
      })
      let isHeld = true
      const release = (): void => {
        if (isHeld) change(questions, -1)
        isHeld = false
      }
      if (verdicts.every(({ allowed }) => allowed)) return { verdicts, release }
      release()
      return { verdicts: verdicts.map(({ allowed }, i) => ({ allowed, inFlight: held.get(nameOf(questions[i] as PermitQuestion)) ?? 0 })), release }
    }
  }
}

function age(rule: LimitRule, count: Count, now: number): void {
  const { admitted } = count
  if (rule.algorithm === 'fixed-window') {
    if (now - count.startedAt >= rule.windowMs) admitted.length = 0
  } else if (rule.algorithm === 'sliding-window') {
    while (admitted[0] !== undefined && now - admitted[0].at >= rule.windowMs) admitted.shift()
  } else if (admitted[0] !== undefined) {
    const [bucket] = admitted
    bucket.units = Math.max(0, bucket.units - ((now - bucket.at) * rule.limit) / rule.windowMs)
    bucket.at = now
    if (bucket.units < EPSILON) admitted.length = 0
  }
}

function add(rule: LimitRule, count: Count, units: number, now: number): void {
  const { admitted } = count
  if (admitted.length === 0) count.startedAt = now
  const [first] = admitted
  if (rule.algorithm === 'gcra' && first !== undefined) first.units = Math.max(0, first.units + units)
  else admitted.push({ at: now, units })
}

function judge(rule: LimitRule, { admitted, startedAt }: Count, cost: number, now: number): LimitVerdict {
  const used = admitted.reduce((sum, { units }) => sum + units, 0)
  const most = rule.algorithm === 'gcra' ? rule.burst : rule.limit
  const allowed = cost === 0 || used + cost <= most + EPSILON
  const after = allowed ? used + cost : used
  /** Until no more than `units` are counted. */
  const untilDownTo = (units: number, counted: number): number => {
    if (counted <= units + EPSILON) return 0
    if (rule.algorithm === 'gcra') return ((counted - units) * rule.windowMs) / rule.limit
    if (rule.algorithm === 'fixed-window') return admitted.length === 0 ? rule.windowMs : startedAt + rule.windowMs - now
    let left = counted
    for (const one of admitted) if ((left -= one.units) <= units) return one.at + rule.windowMs - now
    return rule.windowMs
  }
  const resetMs = rule.algorithm === 'sliding-window' && allowed && cost > 0 ? rule.windowMs : untilDownTo(0, after)
  const retryAfterMs = allowed ? 0 : cost > most ? Infinity : untilDownTo(most - cost, used)
  return { allowed, remaining: Math.max(0, Math.floor(most - after + EPSILON)), resetMs, retryAfterMs }
}
