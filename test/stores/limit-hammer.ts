import { once } from 'node:events'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Clock, LimitQuestion, LimitRule, LimitVerdict } from '../../src/plugin-api/index.ts'
import { createSharedLimitStore } from '../../src/stores/shared/shared-limit-store.ts'
import { seeded } from '../support/random.ts'

/** Words of the memory that a hammering thread shares with its test. */
export const TICKS = 0
export const GO = 1
export const STUCK = 2
/** Units. */
export const ADMITTED = 3

export interface Hammering {
  readonly limits: SharedArrayBuffer
  readonly control: SharedArrayBuffer
  readonly worker: number
  readonly rules: readonly LimitRule[]
  readonly keys: readonly string[]
  /** Requests; Infinity: until it is ended. */
  readonly requests: number
  /** Most questions of a request. */
  readonly together: number
  /** With this look at the clock, which is made under the locks, it stops for good. */
  readonly stuckAtLook?: number
}

/** One request and what was decided, at the tick that no other decision has. */
export interface Decision {
  readonly tick: number
  readonly questions: readonly LimitQuestion[]
  readonly verdicts: readonly LimitVerdict[]
}

export function startHammer(hammering: Hammering): Worker {
  return new Worker(new URL(import.meta.url), { workerData: hammering })
}

export async function decisionsOf(worker: Worker): Promise<readonly Decision[]> {
  return ((await once(worker, 'message')) as [readonly Decision[]])[0]
}

/** A sixteenth of a ms for each tick: times are exact. */
export function timeAt(tick: number): number {
  return tick / 16
}

export function newControl(): { readonly control: SharedArrayBuffer; readonly words: Int32Array } {
  const control = new SharedArrayBuffer(64)
  return { control, words: new Int32Array(control) }
}

/** Lets all that wait for it begin at once. */
export function letGo(words: Int32Array): void {
  Atomics.store(words, GO, 1)
  Atomics.notify(words, GO)
}

function hammer({ limits, control, worker, rules, keys, requests, together, stuckAtLook }: Hammering): readonly Decision[] {
  const words = new Int32Array(control)
  let [tick, looks] = [0, 0]
  const clock: Clock = {
    now() {
      if (++looks === stuckAtLook) {
        Atomics.store(words, STUCK, 1)
        Atomics.wait(words, STUCK, 1)
      }
      tick = Atomics.add(words, TICKS, 1)
      return timeAt(tick)
    },
    wall: () => timeAt(tick),
    after: () => () => {}
  }
  const store = createSharedLimitStore(limits, { clock, worker })
  const next = seeded(worker)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T
  const decisions: Decision[] = []
  Atomics.wait(words, GO, 0)
  for (let i = 0; i < requests; i++) {
    const questions = Array.from({ length: 1 + Math.floor(next() * together) }, () => ({ rule: pick(rules), key: pick(keys), cost: 1 }))
    const verdicts = store.consume(questions)
    if (verdicts.every(({ allowed }) => allowed)) Atomics.add(words, ADMITTED, questions.length)
    if (requests < Infinity) decisions.push({ tick, questions, verdicts })
  }
  return decisions
}

if (parentPort !== null && workerData !== null) parentPort.postMessage(hammer(workerData as Hammering))
