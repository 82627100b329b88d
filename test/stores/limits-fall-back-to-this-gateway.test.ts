import { test } from 'tap'
import { StoreUnavailable, type LimitQuestion, type LimitStore, type LimitVerdict } from '../../src/plugin-api/limits.ts'
import { withLocalFallback } from '../../src/stores/fallback-store.ts'
import { ruleOf } from '../support/redis-limits.ts'

const questions: readonly LimitQuestion[] = [{ rule: ruleOf('gcra'), key: 'a', cost: 1 }]

void test('a store that is away is replaced by this gateway’s own for as long', async (t) => {
  const shared = recorder('shared')
  const local = recorder('local')
  const both = withLocalFallback(shared.store, local.store)
  const all = async (): Promise<readonly unknown[]> => {
    const verdicts = [...(await both.consume(questions)), ...(await both.peek(questions))]
    await both.charge(questions)
    return verdicts.map(({ remaining }) => remaining)
  }

  t.strictSame(await all(), [1, 1])
  shared.fault = new StoreUnavailable('timeout', 'away')
  t.strictSame(await all(), [2, 2])
  shared.fault = null
  t.strictSame(await all(), [1, 1])
  t.strictSame(shared.calls, ['consume', 'peek', 'charge', 'consume', 'peek', 'charge', 'consume', 'peek', 'charge'])
  t.strictSame(local.calls, ['consume', 'peek', 'charge'])

  shared.fault = new TypeError('a bug')
  await t.rejects(async () => both.consume(questions), { name: 'TypeError' }, 'any other error is not covered up')
})

function recorder(name: 'shared' | 'local') {
  const calls: string[] = []
  const told = { calls, fault: null as Error | null, store: null as unknown as LimitStore }
  const verdict: LimitVerdict = { allowed: true, remaining: name === 'shared' ? 1 : 2, resetMs: 0, retryAfterMs: 0 }
  const answer = async (deed: string): Promise<readonly LimitVerdict[]> => {
    calls.push(deed)
    if (told.fault !== null) throw told.fault
    return [verdict]
  }
  told.store = { consume: () => answer('consume'), peek: () => answer('peek'), charge: async () => void (await answer('charge')) }
  return told
}
