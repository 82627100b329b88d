import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What the gateway runs in Redis, and the name that Redis knows it by. */
export interface Script {
  readonly source: string
  /** SHA-1 in hex, as EVALSHA takes it. */
  readonly sha: string
}

export function loadLimitScript(): Script {
  return loadScript('./limits.lua')
}

export function loadPermitScript(): Script {
  return loadScript('./permits.lua')
}

function loadScript(file: string): Script {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}
