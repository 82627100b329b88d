import { Type } from 'typebox'
import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts'

export { Type } from 'typebox'
export type { Static, TSchema } from 'typebox'

interface TextOptions {
  readonly description: string
  readonly default?: string
}

/** A duration with its unit: `250ms`, `10s`, `5m`, `1h`, `1d`. Convert with `durationMs`. */
export function Duration(options: TextOptions) {
  return Type.String({ ...options, pattern: DURATION_PATTERN, format: 'sp-duration', examples: ['10s'] })
}

/** A size with its unit: `16KiB`, `10MiB`. Convert with `sizeBytes`. */
export function Size(options: TextOptions) {
  return Type.String({ ...options, pattern: SIZE_PATTERN, format: 'sp-size', examples: ['10MiB'] })
}

/** A value that must never be printed: `/config` and logs show `***` instead. */
export function Secret(options: TextOptions) {
  return Type.String({ ...options, minLength: 1, writeOnly: true })
}
