import type { Test } from 'tap'
import authorize from '../../plugins/authorize/index.ts'
import type { Consumer } from '../../src/plugin-api/index.ts'
import type { TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { benchAuth } from './bench-auth.ts'

export interface Caller {
  readonly consumer?: Consumer
  readonly claims?: Readonly<Record<string, unknown>>
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
}

/** A bench of `authorize` and a way to send requests of callers that an earlier phase would have found. */
export async function benchAuthorize(t: Pick<Test, 'teardown'>, config: object, options: TestPluginOptions = {}) {
  let current: Caller = {}
  const bench = await benchAuth(t, authorize, config, {
    ...options,
    before({ gateway }) {
      gateway.consumer = current.consumer ?? null
      gateway.claims = current.claims ?? null
    }
  })
  const send = async (caller: Caller, url = '/') => {
    current = caller
    return bench.inject({ url, method: caller.method ?? 'GET' })
  }
  return { ...bench, send, status: async (caller: Caller): Promise<number> => (await send(caller)).statusCode }
}

export const member = (...groups: readonly string[]): Consumer => ({ name: 'shop', groups })
