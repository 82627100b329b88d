import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { UsageError } from './io.ts'

/** `util.parseArgs` with positionals; its complaints become usage errors. */
export function parseOptions<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws UsageError when the number of positionals is not as expected. */
export function expectPositionals(positionals: readonly string[], names: readonly string[]): readonly string[] {
  if (positionals.length < names.length) throw new UsageError(`missing ${names.slice(positionals.length).join(' ')}`)
  if (positionals.length > names.length) throw new UsageError(`unexpected ${JSON.stringify(positionals[names.length])}`)
  return positionals
}

/** The value of `--format`. @throws UsageError */
export function parseFormat(value: string): 'text' | 'json' {
  if (value !== 'text' && value !== 'json') throw new UsageError('--format is text or json')
  return value
}
