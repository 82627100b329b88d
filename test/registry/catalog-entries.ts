import type { Catalog } from '../../src/registry/catalog.ts'
import { readRegistration } from '../../src/registry/read-registration.ts'
import type { Change } from '../../src/registry/types.ts'

/** Registers what the body of a registration says. */
export function register(catalog: Catalog, body: object, now: number): Change {
  return catalog.register(readRegistration(body, false), now)
}

/** State and output of a check. */
export function stateOf(catalog: Catalog, id: string): readonly [string, string] | null {
  const check = catalog.check(id)
  return check === undefined ? null : [check.status, check.output]
}
