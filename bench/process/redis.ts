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
      await redisScripts(`redis://127.0.0.1:${port}`)
      return `redis://127.0.0.1:${port}`
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** How often a script has run in it. Keys would not tell: that of a limit which is never reached is gone after a second. */
export function redisScripts(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('INFO commandstats\r\n'))
    socket.setTimeout(READY_MS, () => socket.destroy(new Error('Redis does not answer')))
    socket.on('error', reject)
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const [head, length] = /^\$(\d+)\r\n/.exec(text) ?? []
      if (head === undefined && text.includes('\r\n')) socket.destroy(new Error(`Redis says ${text}`))
      if (head === undefined || text.length < head.length + Number(length) + 2) return
      socket.destroy()
      resolve([...text.matchAll(/cmdstat_(?:eval|evalsha|fcall):calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0))
    })
  })
}
