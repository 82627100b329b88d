import { parseDuration } from '../plugin-api/units.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { parseRatio } from './ratio.ts'

// The semantic checks also run over documents with other mistakes in them, where nothing has its type for certain.

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function mapOf(value: unknown): Readonly<JsonMap> {
  return isMap(value) ? value : {}
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** Milliseconds of a duration; null for anything else. */
export function msOf(value: unknown): number | null {
  return typeof value === 'string' ? parseDuration(value) : null
}

/** 0 to 1 of a share; null for anything else. */
export function shareOf(value: unknown): number | null {
  return typeof value === 'string' || typeof value === 'number' ? parseRatio(value) : null
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

/** Whether a rule that may be `off` is in force. */
export function isOn(value: unknown): boolean {
  return value !== undefined && value !== false && value !== 'off'
}
