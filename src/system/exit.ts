/** Runs it when this process, or this thread, ends by itself. */
export function atExit(run: () => void): void {
  process.once('exit', run)
}
