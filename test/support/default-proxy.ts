import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import type { Teardown } from './gateway.ts'

/** What the gateway is measured against: plain Fastify and @fastify/http-proxy with nothing set but the upstream. */
export interface DefaultProxy {
  readonly url: string
  readonly port: number
}

export async function startDefaultProxy(t: Teardown, upstream: string, options: object = {}): Promise<DefaultProxy> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(httpProxy, { upstream, ...options })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}` }
}

export interface DefaultProxyProcess extends DefaultProxy {
  /** Resolves to the exit code and what was written to standard error. */
  readonly exited: Promise<{ readonly code: number | null; readonly stderr: string }>
}

/** The same in a process of its own, for what ends the process. */
export async function startDefaultProxyProcess(t: Teardown, upstream: string): Promise<DefaultProxyProcess> {
  const child = spawn(process.execPath, [import.meta.filename, upstream], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = exitOf(child)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { port: Number(line), url: `http://127.0.0.1:${line}`, exited }
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}

if (process.argv[1] === import.meta.filename) {
  const proxy = await startDefaultProxy({ teardown() {} }, process.argv[2] ?? '')
  process.stdout.write(`${proxy.port}\n`)
}
