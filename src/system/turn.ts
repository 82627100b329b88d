/** Resolves when the event loop has looked after everything else once: requests, timers, connections. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
