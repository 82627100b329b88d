import { StoreUnavailable, type LimitStore } from '../plugin-api/limits.ts'

/**
 * Asks the first store, and the second one while the first is not there: limits then hold for each gateway by itself. What was counted there is
 * not carried over in either direction.
 */
export function withLocalFallback(shared: LimitStore, local: LimitStore): LimitStore {
  return {
    consume: (questions) =>
      either(
        () => shared.consume(questions),
        () => local.consume(questions)
      ),
    charge: (questions) =>
      either(
        () => shared.charge(questions),
        () => local.charge(questions)
      ),
    peek: (questions) =>
      either(
        () => shared.peek(questions),
        () => local.peek(questions)
      )
  }
}

async function either<T>(first: () => T | Promise<T>, second: () => T | Promise<T>): Promise<T> {
  try {
    return await first()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return second()
  }
}
