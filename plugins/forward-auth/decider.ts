import { createHash } from 'node:crypto'
import { durationMs, ExpiringCache, sizeBytes, type PluginDeps } from '../../src/plugin-api/index.ts'
import type { Question } from './question.ts'
import type { ForwardAuthConfig } from './schema.ts'
import { createReader, isShareable, type Admission, type Verdict } from './verdict.ts'

export type Decide = (question: Question) => Promise<Verdict>

/** Asks the service for a route, once for equal questions at the same time, and not at all for as long as its last word is good. Never rejects. */
export function createDecider(config: ForwardAuthConfig, deps: PluginDeps, route: string): Decide {
  const { clock } = deps
  const cacheMs = durationMs(config.cache)
  const cache = cacheMs === 0 ? null : deps.state(`decisions ${route} ${fingerprint(config)}`, () => new ExpiringCache<Admission>(config.cacheSize))
  const ask = createAsker(config, deps)
  const flights = new Map<string, Promise<Verdict>>()

  async function fly(question: Question): Promise<Verdict> {
    // From before the question: what changes while the service answers must not be missed for longer than `cache`.
    const endMs = clock.now() + cacheMs
    const verdict = await ask(question)
    if (verdict.kind === 'admitted' && question.cacheKey !== null) cache?.set(question.cacheKey, verdict, endMs)
    return verdict
  }

  return async (question) => {
    const known = question.cacheKey === null ? undefined : cache?.get(question.cacheKey, clock.now())
    if (known !== undefined) return known
    const running = flights.get(question.key)
    if (running !== undefined) {
      const verdict = await running
      return isShareable(verdict) ? verdict : fly(question)
    }
    const flight = fly(question)
    flights.set(question.key, flight)
    try {
      return await flight
    } finally {
      flights.delete(question.key)
    }
  }
}

function createAsker(config: ForwardAuthConfig, deps: PluginDeps): Decide {
  const read = createReader(config)
  const limits = { timeoutMs: durationMs(config.timeout), maxBytes: sizeBytes(config.maxBody), signal: deps.signal }
  return async ({ headers }) => {
    try {
      const answer = await deps.http.request({ url: config.url, method: config.method, headers, ...limits })
      const verdict = read(answer)
      if (verdict.kind === 'unavailable') deps.log.warn({ status: answer.status }, 'the authorization service gave no decision')
      return verdict
    } catch (error) {
      deps.log.warn({ err: error }, 'the authorization service did not answer')
      return { kind: 'unavailable' }
    }
  }
}

/** Equal for settings under which an earlier admission is still good. */
function fingerprint(config: ForwardAuthConfig): string {
  const { timeout: _timeout, maxBody: _maxBody, passRedirects: _passRedirects, ...rest } = config
  return createHash('sha256').update(JSON.stringify(rest)).digest('base64url')
}
