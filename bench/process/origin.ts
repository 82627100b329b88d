import { once } from 'node:events'
import type { Scene } from './scene.ts'

/** The upstream of all contestants, on two ports: `127.0.0.1:port` each. */
export async function startOrigin(scene: Scene, pinTo: ((pid: number) => void) | null = null): Promise<readonly string[]> {
  const { child, pid, errors } = scene.node(new URL('../programs/origin.ts', import.meta.url), [], { role: 'origin' })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the origin ended: ${errors()}`)
  })
  ended.catch(() => {})
  pinTo?.(pid)
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [{ readonly ports: readonly number[] }]
  return said.ports.map((port) => `127.0.0.1:${port}`)
}
