/**
 * The balancers, in nanoseconds per pick: `node bench/micro/balancers.ts`.
 *
 * Every balancer is asked whether it picks from its list before it is timed. The rounds go through all of them in turn, and the median
 * of the rounds is printed. Endpoints have a few attempts in flight, different weights and latencies; hash keys are 36 characters.
 * `slow start` has every endpoint in the middle of it; `retry` asks with a new list each time, as a second attempt does.
 */
import { createBalancer } from '../../src/policy/balancer/create.ts'
import { ALGORITHMS, type Balancer, type BalancerAlgorithm, type Candidate, type PickHint } from '../../src/policy/balancer/types.ts'

const rounds = 9
const picksPerRound = 200_000
const sizes = [3, 10, 100]
const now = 9_007_199_254_741

const hints: readonly PickHint[] = Array.from({ length: 1024 }, (_, index) => ({
  clientIp: `10.${index % 7}.${index >> 3}.${index & 255}`,
  // Flat, as a header's value is.
  hashKey: Buffer.from(crypto.randomUUID()).toString('latin1')
}))

function endpoints(count: number): readonly Candidate[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `http://10.0.${index >> 4}.${index & 15}:8080`,
    weight: 1 + (index % 3),
    zone: null,
    inFlight: (index * 7) % 5,
    latencyMs: 5 + ((index * 13) % 11),
    latencyAtMs: now - ((index * 31) % 17),
    sinceMs: now - 5000
  }))
}

interface Contestant {
  readonly balancer: Balancer
  readonly list: readonly Candidate[]
  readonly isNewList: boolean
  readonly times: number[]
}

function contestant(algorithm: BalancerAlgorithm, size: number, slowStartMs: number, isNewList: boolean): Contestant {
  const balancer = createBalancer({ algorithm, slowStartMs }, Math.random)
  const list = endpoints(size)
  for (const hint of hints) {
    const picked = balancer.pick(list, hint, now)
    if (picked === null || !list.includes(picked)) throw new Error(`${algorithm} picks what is not in its list`)
  }
  return { balancer, list, isNewList, times: [] }
}

function nanosecondsPerPick({ balancer, list, isNewList }: Contestant): number {
  const picks = Math.round(isNewList ? picksPerRound / 10 : picksPerRound)
  const lists = isNewList ? Array.from({ length: picks }, () => list.slice()) : []
  const start = process.hrtime.bigint()
  for (let i = 0; i < picks; i++) balancer.pick(lists[i] ?? list, hints[i & 1023] as PickHint, now + (i >> 10))
  return Number(process.hrtime.bigint() - start) / picks
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const rows = ALGORITHMS.map((algorithm) => ({
  algorithm,
  contestants: [0, 10_000]
    .flatMap((slowStartMs) => sizes.map((size) => contestant(algorithm, size, slowStartMs, false)))
    .concat(contestant(algorithm, 10, 0, true))
}))
const all = rows.flatMap(({ contestants }) => contestants)
for (const one of all) nanosecondsPerPick(one)
for (let round = 0; round < rounds; round++) for (const one of all) one.times.push(nanosecondsPerPick(one))

console.log('ns per pick, median of %d       n=3      10     100   slow start 3      10     100   retry 10', rounds)
for (const { algorithm, contestants } of rows) {
  const cells = contestants.map(({ times }) => median(times).toFixed(0))
  const widths = [10, 8, 8, 15, 8, 8, 11]
  console.log(algorithm.padEnd(24) + cells.map((cell, index) => cell.padStart(widths[index] ?? 8)).join(''))
}
