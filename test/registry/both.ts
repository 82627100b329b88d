import type { Test } from 'tap'
import { startRegistry } from '../../src/registry/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { type Answer, send } from '../support/client.ts'
import { startConsul } from '../support/consul.ts'

/** A registry under test, ours or the real one. */
export interface Backend {
  readonly url: string
  get(path: string): Promise<Answer>
  /** A body that is not a string is sent as JSON. */
  put(path: string, body?: unknown): Promise<Answer>
}

/** Runs the registry of this project on a free port until the test ends. */
export async function startOurs(t: Test): Promise<Backend> {
  const { url, close } = await startRegistry({ host: '127.0.0.1', port: 0, clock: systemClock, random: createSystemRandom() })
  t.teardown(close)
  return {
    url,
    get: async (path) => send(url + path),
    put: async (path, body) =>
      send(url + path, { method: 'PUT', ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) })
  }
}

export interface Both {
  readonly ours: Backend
  readonly consul: Backend
}

export async function startBoth(t: Test): Promise<Both> {
  const [ours, consul] = await Promise.all([startOurs(t), startConsul(t)])
  return { ours, consul }
}

/** What is not the same in two registries is given the same name; indexes become whether they have moved since the entry was made. */
export function normalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalized)
  if (typeof value !== 'object' || value === null) return value
  // Consul's agent tells about its node twice, this one knows all from the beginning.
  const isNode = 'Datacenter' in value && !('ServiceID' in value)
  const entries = Object.entries(value).flatMap(([key, member]) => {
    if (key === 'CreateIndex' || (key === 'ModifyIndex' && isNode)) return []
    if (key === 'ModifyIndex') return [[key, member > (value as { CreateIndex: number }).CreateIndex ? 'later' : 'at creation']]
    if (key === 'Node' && typeof member === 'string') return [[key, 'NODE']]
    if (key === 'ContentHash') return [[key, 'HASH']]
    if (key === 'ID' && UUID.test(String(member))) return [[key, 'UUID']]
    return [[key, normalized(member)]]
  })
  return Object.fromEntries(entries as [string, unknown][])
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
