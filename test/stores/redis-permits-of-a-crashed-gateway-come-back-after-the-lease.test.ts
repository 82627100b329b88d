import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { eventually } from '../support/client.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { redisPlan } from '../support/redis-limits.ts'
import { isIn, LEASE_MS, permitsOf, placeOf } from '../support/redis-permits.ts'

const PLACES = 'sallyport:{both}p:test'
const HOLDER = fileURLToPath(new URL('../support/permit-holder.ts', import.meta.url))

void test(
  'a crashed gateway’s places come back when the lease is over; those of a living one stay for as long as it takes',
  { skip: redisMissing() },
  async (t) => {
    const server = await startRedis(t)
    const { permits } = await permitsOf(t, redisPlan(server.port))
    const question = placeOf('both', 4)
    const long = await permits.acquire([question])
    t.ok(isIn(long))

    const child = spawn(process.execPath, [HOLDER, String(server.port), 'both', '3', '4'], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    t.equal(said.toString().trim(), 'held')
    // Long past its first lease: it has been kept since.
    const heldSince = performance.now()
    await eventually(() => performance.now() - heldSince > LEASE_MS * 1.2)
    t.match((await permits.acquire([question])).verdicts, [{ allowed: false, inFlight: 4 }])

    const killedAt = performance.now()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const [seconds, micros] = await server.admin.time()
    const nowMs = Number(seconds) * 1000 + Number(micros) / 1000
    const ends = (await server.admin.zrange(PLACES, '0', '-1', 'WITHSCORES')).filter((_, index) => index % 2 === 1).map(Number)
    t.ok(ends.length === 4 && ends.every((end) => end <= nowMs + LEASE_MS), 'none is held for longer than a lease, by the clock of Redis')
    t.match((await permits.acquire([question])).verdicts, [{ allowed: false, inFlight: 4 }], 'not before: it could still be there')
    await eventually(async () => isIn(await permits.acquire([question])))
    const tookMs = performance.now() - killedAt
    t.ok(tookMs > LEASE_MS / 2, `after ${Math.round(tookMs)} ms`)
    t.equal(await server.admin.zcard(PLACES), 2, 'all three of them, and not the one of the living')
    long.release()
    t.match((await permits.acquire([question])).verdicts, [{ allowed: true, inFlight: 2 }])
  }
)
