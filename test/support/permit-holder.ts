import { isIn, permitsOf, placeOf } from './redis-permits.ts'
import { redisPlan } from './redis-limits.ts'

/** A process that takes places, says so, and holds them until it is killed: `node permit-holder.ts PORT KEY COUNT LIMIT`. */
const [port, key = '', count, limit] = process.argv.slice(2)
const { permits } = await permitsOf({ teardown() {} }, redisPlan(Number(port)))
const answers = await Promise.all(Array.from({ length: Number(count) }, () => permits.acquire([placeOf(key, Number(limit))])))
process.stdout.write(answers.every(isIn) ? 'held\n' : 'refused\n')
