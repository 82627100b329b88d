/** Runs it at the end of the current turn of the event loop, before any I/O. */
export function defer<T>(run: (value: T) => void, value: T): void {
  process.nextTick(run, value)
}
