import type { LimitRule, LimitVerdict } from '../../src/policy/limiter/types.ts'

/** What a sliding window has to decide: each admitted unit by itself, with the moment that it counts from. */
export class AdmissionList {
  units: number[] = []

  age(rule: LimitRule, nowUs: number): void {
    const ahead = Math.max(0, (this.units.at(-1) ?? nowUs) - nowUs)
    this.units = this.units.map((at) => at - ahead).filter((at) => nowUs - at < rule.windowMs * 1000)
  }

  decide(rule: LimitRule, cost: number, nowUs: number): LimitVerdict {
    const windowUs = rule.windowMs * 1000
    const after = [...this.units, ...Array.from({ length: Math.min(cost, rule.limit + 1) }, () => nowUs)]
    const allowed = cost === 0 || after.length <= rule.limit
    const held = allowed ? after : this.units
    const last = held.at(-1)
    // The oldest units that have to go before there is room.
    const room = this.units[this.units.length + cost - rule.limit - 1] ?? Infinity
    const retryUs = allowed ? 0 : cost > rule.limit ? Infinity : room + windowUs - nowUs
    const resetUs = last === undefined ? 0 : last + windowUs - nowUs
    return { allowed, remaining: Math.max(0, rule.limit - held.length), resetMs: resetUs / 1000, retryAfterMs: retryUs / 1000 }
  }

  /** @param most Moments that there may be */
  record(rule: LimitRule, cost: number, nowUs: number, most = Infinity): void {
    const cellUs = (rule.cellMs ?? 0) * 1000
    const last = this.units.at(-1)
    const isSameCell = last !== undefined && cellUs > 0 && Math.floor(last / cellUs) === Math.floor(nowUs / cellUs)
    // They count as if they had come just now.
    if (cost > 0 && (isSameCell || this.moments >= most)) this.units = this.units.map((at) => (at === last ? nowUs : at))
    for (let i = 0; i < cost; i++) this.units.push(nowUs)
    if (cost < 0) this.units.splice(Math.max(0, this.units.length + cost))
  }

  get moments(): number {
    return new Set(this.units).size
  }
}
