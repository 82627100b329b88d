import { executionAsyncResource } from 'node:async_hooks'

const kept: object[] = []

/**
 * Keeps `process.nextTick` of this thread quick: a request calls it some ten times.
 *
 * Node makes an object literal with computed keys for each tick. V8 remembers by its hidden class how such a literal is built, but only weakly: when a full
 * collection happens while no tick waits, as in a quiet moment, the class is gone, the next one is taken for a second kind, and from then on each
 * tick goes through the runtime, at five times the cost and for good (docs/performance.md). One such object that is never let go of keeps the class.
 * @returns that object, when it has been made
 */
export function keepTick(): Promise<object> {
  return new Promise((resolve) => {
    process.nextTick(() => {
      const tick = executionAsyncResource()
      kept.push(tick)
      resolve(tick)
    })
  })
}
