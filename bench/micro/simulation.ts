/**
 * How many simulated scenarios run in a second, checked for every promise of forwarding: `node bench/micro/simulation.ts`. Each has
 * policies and faults drawn at random; reading it is not counted, as one is read once and played with many seeds.
 */
import { simulate } from '../../src/simulation/run.ts'
import { randomScenario, scenarioOf } from '../../test/simulation/random-scenario.ts'
import { dice } from '../../test/support/random.ts'

const ROUNDS = 5
const SCENARIOS = 100
const SEEDS = 20

for (const longestMs of [200, 1500]) {
  const scenarios = Array.from({ length: SCENARIOS }, (_, index) => scenarioOf(JSON.stringify(randomScenario(dice(index), longestMs))))
  const perSecond: number[] = []
  let requests = 0
  let defects = 0
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    for (const scenario of scenarios) {
      for (let seed = 0; seed < SEEDS; seed++) {
        const report = await simulate(scenario, seed)
        requests += report.requests
        defects += report.defects.length
      }
    }
    perSecond.push((SCENARIOS * SEEDS * 1000) / (performance.now() - from))
  }
  perSecond.sort((a, b) => a - b)
  const median = perSecond[ROUNDS >> 1] ?? 0
  const each = requests / (ROUNDS * SCENARIOS * SEEDS)
  console.log(
    `${each.toFixed(1)} requests each: ${median.toFixed(0)} scenarios/s, ${(median * each).toFixed(0)} requests/s, ${defects} broken promises`
  )
}
