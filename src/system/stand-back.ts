import { setPriority } from 'node:os'

/** Of 40 steps from -20 to 19: a thread that serves gets nine tenths of a core for which both compete. */
const NICE = 10

/**
 * Lets the threads that serve go first, where this one has to share a core with them: a thread that compiles thousands of routes took half of the
 * core, and requests waited for it. On Linux alone a thread has a priority of its own (setpriority(2)); elsewhere it would be the process'.
 */
export function standBack(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, NICE)
  } catch {
    // Forbidden to this process; it works all the same.
  }
}
