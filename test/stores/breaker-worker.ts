import { parentPort, workerData } from 'node:worker_threads'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import type { Permit } from '../../src/policy/breaker/types.ts'
import { BreakerDirectory } from '../../src/stores/shared/breaker-directory.ts'
import { ARRIVED, CHURNS, type Deed, type Done, GATE, MOST_RUNNING, NAME, RUNNING, type WorkerData } from './breaker-workers.ts'

const { buffer, worker, rule, board } = workerData as WorkerData
const directory = new BreakerDirectory(buffer, worker, () => {})
const transitions: string[] = []
const held: Permit[] = []
const breaker = createBreaker(
  rule,
  () => 0,
  ({ from, to }) => transitions.push(`${from} to ${to}`),
  directory.take(NAME)
)

/** Two at a time, so that probes of several threads overlap. */
function pass(now: number): number {
  const permit = breaker.tryAcquire(now)
  if (permit !== null) {
    held.push(permit)
    const running = Atomics.add(board, RUNNING, 1) + 1
    for (let most = Atomics.load(board, MOST_RUNNING); running > most;) most = Atomics.compareExchange(board, MOST_RUNNING, most, running)
  }
  if (permit === null || held.length > 1) giveBack(now)
  return permit === null ? 0 : 1
}

function giveBack(now: number): void {
  const permit = held.shift()
  if (permit === undefined) return
  Atomics.sub(board, RUNNING, 1)
  permit.settle('ignored', now, 1)
}

function hold(now: number): number {
  const permit = breaker.tryAcquire(now)
  if (permit !== null) held.push(permit)
  return permit === null ? 0 : 1
}

function answer(now: number, result: 'success' | 'failure'): number {
  const permit = breaker.tryAcquire(now)
  permit?.settle(result, now, 1)
  return permit === null ? 0 : 1
}

/** Never ends by itself. */
function churn(): never {
  for (let i = 0; ; i++) {
    const now = i * 7
    breaker.force(i % 50 === 0 ? 'auto' : 'closed', now)
    breaker.force('auto', now)
    for (let n = 0; n < 5; n++) answer(now, n % 2 === 0 ? 'failure' : 'success')
    hold(now + rule.openMs * 2)
    const name = `route:${i % 40}`
    directory.take(name)
    directory.release(`route:${(i + 20) % 40}`)
    Atomics.add(board, CHURNS, 1)
  }
}

function run(deed: Deed): number {
  if (deed.do === 'churn') return churn()
  if (deed.do === 'settle') {
    for (const permit of held.splice(0)) permit.settle('success', deed.now, 1)
    return 0
  }
  let permits = 0
  if (deed.do === 'pass') {
    while (permits < deed.probes) permits += pass(deed.now)
    while (held.length > 0) giveBack(deed.now)
    return permits
  }
  for (let i = 0; i < deed.times; i++) {
    if (deed.do === 'hold') permits += hold(deed.now)
    else permits += answer(deed.now, deed.do === 'fail' ? 'failure' : 'success')
  }
  return permits
}

parentPort?.on('message', ({ deed, of }: { deed: Deed; of: number }) => {
  if (Atomics.add(board, ARRIVED, 1) + 1 === of) {
    Atomics.store(board, GATE, 1)
    Atomics.notify(board, GATE)
  } else Atomics.wait(board, GATE, 0)
  const permits = run(deed)
  const done: Done = { permits, transitions: transitions.splice(0) }
  parentPort?.postMessage(done)
})
