// CPU per forwarded GET of the gateway and of a default @fastify/http-proxy, and nothing else: each contestant is a fresh process per round,
// the order alternates, and the figure to quote is the ratio. Usage: npm run bench:pair [-- --rounds 5 --seconds 3]
import { parseArgs } from 'node:util'
import { get } from './cases/http.ts'
import { CONTESTANTS } from './contestants/index.ts'
import { measure } from './measure/bench.ts'
import { coresOfThisMachine, pinSelf } from './process/cores.ts'
import { startOrigin } from './process/origin.ts'
import { Scene } from './process/scene.ts'
import { median } from './report/summary.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '15' },
    contestants: { type: 'string', default: 'sallyport,default-http-proxy,floor' }
  }
})
const rounds = Number(values.rounds)
const wanted = values.contestants.split(',')
const contestants = CONTESTANTS.filter(({ name }) => wanted.includes(name))
const amounts = { seconds: Number(values.seconds), warmUpSeconds: Number(values['warm-up']), latencySeconds: 0, wrk: false, tries: 1 }
const item = { ...get, work: { ...get.work, latency: false } as typeof get.work }

const figures = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
const scene = new Scene(coresOfThisMachine())
const interrupted = (): void => void scene.end().finally(() => process.exit(130))
process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
try {
  if (scene.cores !== null) pinSelf(scene.cores.load)
  const origins = await startOrigin(scene)
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const { cpuUs = Number.NaN } = await measure(contestant, item, { scene, origins, tls: null, redisUrl: null, amounts, isCheckOnly: false })
      figures.get(contestant.name)?.push(cpuUs)
    }
  }
} finally {
  await scene.end()
}

const reference = figures.get('default-http-proxy')
console.log(`CPU per forwarded GET, ${rounds} rounds of ${amounts.seconds} s`)
for (const [name, all] of figures) {
  const ratios = reference === undefined ? [] : all.map((figure, round) => figure / (reference[round] ?? Number.NaN))
  console.log(
    `${name.padEnd(20)} median ${median(all).toFixed(1)} µs  [${all.map((figure) => figure.toFixed(1)).join(' ')}]` +
      (ratios.length === 0 ? '' : `  of default: ${median(ratios).toFixed(2)}`)
  )
}
