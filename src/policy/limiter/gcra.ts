import type { LimitTerms } from './terms.ts'
import type { LimitVerdict } from './types.ts'
import { verdictOf } from './verdict.ts'

/**
 * The generic cell rate algorithm as ITU-T I.371 annex A has it in its second form, the continuous-state leaky bucket: the moment of the last
 * look, and what was in the bucket then. It decides as the first form does, with a theoretical arrival time, but counts in units: so what was
 * admitted under one limit stays as much under another.
 * The bucket holds `units + fraction / windowUs`; nothing is ever rounded.
 */
export interface GcraState {
  atUs: number
  units: number
  /** From 0 up to, but without, `windowUs`. */
  fraction: number
  /** The window that the fraction is a part of. */
  windowUs: number
}

export function newGcraState(): GcraState {
  return { atUs: 0, units: 0, fraction: 0, windowUs: 1 }
}

/** Lets flow out what has flown out by now. Time that goes back is taken as no time: what is in the bucket flows on from then. */
export function ageGcra(terms: LimitTerms, state: GcraState, nowUs: number): void {
  if (state.windowUs !== terms.windowUs) rescale(terms, state)
  const elapsedUs = nowUs - state.atUs
  state.atUs = nowUs
  if (elapsedUs <= 0 || (state.units === 0 && state.fraction === 0)) return
  // Rounding is far less than the unit that is added.
  if ((elapsedUs / terms.paceUs) * terms.paceUnits > state.units + 2) {
    state.units = 0
    state.fraction = 0
    return
  }
  const product = elapsedUs * terms.paceUnits
  if (product > Number.MAX_SAFE_INTEGER) drainLarge(terms, state, elapsedUs)
  else drain(terms, state, product)
}

/**
 * Of an aged state.
 * @param before Units of earlier questions of the same request, which are recorded together with this one.
 */
export function decideGcra(terms: LimitTerms, state: GcraState, cost: number, before = 0): LimitVerdict {
  const { units, fraction } = state
  const begun = fraction > 0 ? units + 1 : units
  const wanted = before + cost
  if (cost === 0 || begun + wanted <= terms.burst)
    return verdictOf(true, terms.burst - begun - wanted, timeToDrainUs(terms, units + wanted, fraction), 0)
  const retryAfterUs = wanted > terms.burst ? Infinity : timeToDrainUs(terms, units + wanted - terms.burst, fraction)
  return verdictOf(false, terms.burst - begun, timeToDrainUs(terms, units, fraction), retryAfterUs)
}

/** Into an aged state. A negative cost takes out, at most what is in. */
export function recordGcra(state: GcraState, cost: number): void {
  state.units += cost
  if (state.units >= 0) return
  state.units = 0
  state.fraction = 0
}

/** Until the bucket of an aged state is empty. */
export function resetOfGcraUs(terms: LimitTerms, state: GcraState): number {
  return timeToDrainUs(terms, state.units, state.fraction)
}

/** @param product Elapsed µs times `paceUnits`, exact. */
function drain(terms: LimitTerms, state: GcraState, product: number): void {
  const whole = floorOfQuotient(product, terms.paceUs)
  state.units -= whole
  state.fraction -= (product - whole * terms.paceUs) * terms.divisor
  if (state.fraction < 0) {
    state.fraction += terms.windowUs
    state.units--
  }
  if (state.units >= 0) return
  state.units = 0
  state.fraction = 0
}

/** As `drain` for numbers beyond what a double counts exactly. */
function drainLarge(terms: LimitTerms, state: GcraState, elapsedUs: number): void {
  const window = BigInt(terms.windowUs)
  const left = BigInt(state.units) * window + BigInt(state.fraction) - BigInt(elapsedUs) * BigInt(terms.limit)
  state.units = left > 0n ? Number(left / window) : 0
  state.fraction = left > 0n ? Number(left % window) : 0
}

/** Rounded up to a whole µs: not too early by anything. */
function timeToDrainUs(terms: LimitTerms, units: number, fraction: number): number {
  const { divisor, paceUnits, paceUs } = terms
  const parts = fraction === 0 ? 0 : floorOfQuotient(fraction, divisor)
  const product = units * paceUs + parts
  if (product > Number.MAX_SAFE_INTEGER) {
    const limit = BigInt(terms.limit)
    return Number((BigInt(units) * BigInt(terms.windowUs) + BigInt(fraction) + limit - 1n) / limit)
  }
  const whole = floorOfQuotient(product, paceUnits)
  return whole * paceUnits === product && parts * divisor === fraction ? whole : whole + 1
}

/** Of whole numbers, also where the division of doubles rounds up. */
function floorOfQuotient(dividend: number, divisor: number): number {
  const quotient = Math.floor(dividend / divisor)
  return quotient * divisor > dividend ? quotient - 1 : quotient
}

/** Another window: the fraction in its parts, rounded up, so that a change forgives nothing. */
function rescale(terms: LimitTerms, state: GcraState): void {
  if (state.fraction > 0) {
    const [from, to] = [BigInt(state.windowUs), BigInt(terms.windowUs)]
    const fraction = Number((BigInt(state.fraction) * to + from - 1n) / from)
    state.units += fraction === terms.windowUs ? 1 : 0
    state.fraction = fraction === terms.windowUs ? 0 : fraction
  }
  state.windowUs = terms.windowUs
}
