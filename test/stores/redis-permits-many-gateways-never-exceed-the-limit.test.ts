import { test } from 'tap'
import type { RedisConnection } from '../../src/stores/redis/connection.ts'
import { eventually } from '../support/client.ts'
import { dice } from '../support/random.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { redisPlan } from '../support/redis-limits.ts'
import { isIn, permitsOf, placeOf } from '../support/redis-permits.ts'

const GATEWAYS = 4
const CALLERS = 3
const LIMIT = 5
const REQUESTS = 1500

void test('many gateways together never hold more than the limit', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const gateways = await Promise.all(Array.from({ length: GATEWAYS }, () => permitsOf(t, redisPlan(server.port))))

  await t.test('all at once: exactly the limit', async (t) => {
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) => (gateways[index % GATEWAYS] as RedisConnection).permits.acquire([placeOf('storm', LIMIT)]))
    )
    const held = answers.filter(isIn)
    t.equal(held.length, LIMIT)
    t.equal(await server.admin.zcard('sallyport:{storm}p:test'), LIMIT, 'refused ones leave no trace')
    t.ok((await server.admin.pttl('sallyport:{storm}p:test')) > 0)
    for (const answer of [...held, ...held]) answer.release()
    await eventually(async () => (await server.admin.dbsize()) === 0)
  })

  await t.test('coming and going: never more, and nothing is left', async (t) => {
    const { int, seed } = dice()
    t.comment(`seed ${seed}`)
    const inFlight = Array.from({ length: CALLERS }, () => 0)
    const seen = { most: 0, let: 0, refused: 0 }
    const request = async (gateway: number): Promise<void> => {
      const caller = int(0, CALLERS - 1)
      const answer = await gateways[gateway]?.permits.acquire([placeOf(`caller-${caller}`, LIMIT), placeOf('all', LIMIT * 2, 'all')])
      if (answer === undefined || !isIn(answer)) {
        seen.refused++
        return
      }
      seen.let++
      inFlight[caller] = (inFlight[caller] ?? 0) + 1
      seen.most = Math.max(seen.most, ...inFlight)
      if (inFlight.reduce((a, b) => a + b) > LIMIT * 2) t.fail('more than all may have')
      for (let turns = int(0, 5); turns > 0; turns--) await new Promise(setImmediate)
      inFlight[caller]--
      answer.release()
    }
    let left = REQUESTS
    const client = async (gateway: number): Promise<void> => {
      while (left-- > 0) await request(gateway)
    }
    await Promise.all(Array.from({ length: 40 }, (_, index) => client(index % GATEWAYS)))
    t.equal(seen.most, LIMIT, 'the limit was reached and never exceeded')
    t.ok(seen.let > REQUESTS / 10 && seen.refused > 0, `${seen.let} were let in, ${seen.refused} refused`)
    await eventually(async () => (await server.admin.dbsize()) === 0)
  })

  await t.test('a request that one limit refuses holds nothing of the others', async (t) => {
    const [one, two] = gateways as unknown as readonly [(typeof gateways)[0], (typeof gateways)[0]]
    const full = await one.permits.acquire([placeOf('full', 1)])
    const refused = await two.permits.acquire([placeOf('free', 3, 'other'), placeOf('full', 1)])
    t.strictSame(refused.verdicts, [
      { allowed: true, inFlight: 0 },
      { allowed: false, inFlight: 1 }
    ])
    refused.release()
    t.strictSame(await server.admin.keys('*'), ['sallyport:{full}p:test'])
    const twice = await two.permits.acquire([placeOf('twice', 1), placeOf('twice', 1)])
    t.strictSame(
      twice.verdicts.map(({ allowed }) => allowed),
      [true, false],
      'of one key the second counts behind the first'
    )
    t.match(
      (await two.permits.acquire([placeOf('full', 2)])).verdicts,
      [{ allowed: true, inFlight: 2 }],
      'a higher limit goes on with those in flight'
    )
    full.release()
    t.match((await one.permits.acquire([placeOf('full', 2)])).verdicts, [{ allowed: true, inFlight: 2 }])
  })
})
