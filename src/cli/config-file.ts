import { resolve } from 'node:path'
import { builtinPlugins } from '../../plugins/index.ts'
import { loadConfig } from '../config/load.ts'
import type { CliIo } from './io.ts'

/** Loads a file as every command does: same plugins, same environment. */
export function loadFile(io: CliIo, file: string) {
  return loadConfig({ file: resolve(io.cwd, file), displayName: file, env: io.env, builtins: builtinPlugins })
}
