// A Redis of the benchmark's own, beside the origin.
import net from 'node:net'
import { findProgram } from './programs-on-path.ts'
import { freePorts, type Scene } from './scene.ts'

const READY_MS = 5000

/** Null when there is none on the PATH. */
export async function startRedis(scene: Scene): Promise<string | null> {
  const program = findProgram('redis-server')
  if (program === null) return null
  const [port = 0] = await freePorts(1)
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', scene.folder]
  scene.start(program, args, { role: 'origin', isAsked: true })
  const until = performance.now() + READY_MS
  for (;;) {
    try {
      await redisKeys(`redis://127.0.0.1:${port}`)
      return `redis://127.0.0.1:${port}`
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** How many keys it has. */
export function redisKeys(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('DBSIZE\r\n'))
    socket.setTimeout(READY_MS, () => socket.destroy(new Error('Redis does not answer')))
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      socket.destroy()
      const [, count] = /^:(\d+)/.exec(bytes.toString()) ?? []
      if (count === undefined) reject(new Error(`Redis says ${bytes.toString()}`))
      else resolve(Number(count))
    })
  })
}
