import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SampleService } from '../../samples/index.ts'

export interface SampleProcess {
  readonly instance: string
  readonly url: string
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>
}

export interface SampleStart {
  readonly service: SampleService
  readonly instance: string
  readonly port: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Starts one sample service and waits until it listens. @throws Error with the service's own words when it ends before that */
export async function startSample(start: SampleStart): Promise<SampleProcess> {
  const child = spawn(process.execPath, [fileURLToPath(start.service.entry)], {
    env: {
      ...start.env,
      INSTANCE: start.instance,
      PORT: String(await freePort(start.port)),
      SEED: '1',
      EXIT_WITH_PARENT: '1',
      NODE_NO_WARNINGS: '1'
    },
    stdio: ['pipe', 'pipe', 'inherit'],
    // In a process group of its own: Ctrl-C reaches the demo alone, which lets the gateway finish before the services go.
    detached: true
  })
  const url = await announcedUrl(child, start.instance)
  return {
    instance: start.instance,
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
  }
}

/** A service says where it listens in one line of JSON. */
async function announcedUrl(child: ChildProcess, instance: string): Promise<string> {
  if (child.stdout === null) throw new Error(`${instance} has no output`)
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${instance} ended with ${String(code)} before it listened`)
    })
  ])
  const said: unknown = JSON.parse(line)
  if (typeof said !== 'object' || said === null || !('url' in said) || typeof said.url !== 'string') throw new Error(`${instance} said ${line}`)
  return said.url
}

/** The port when nobody has it; 0, for any, otherwise. */
async function freePort(port: number): Promise<number> {
  const probe = createServer()
  probe.listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
    return port
  } catch {
    return 0
  } finally {
    probe.close()
  }
}
