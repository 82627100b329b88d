import type { Teardown } from './gateway.ts'
import { type Origin, startRawOrigin } from './origin.ts'

export interface ScriptedOrigin extends Origin {
  /** What the next requests get instead of an answer; byte for byte. */
  script: string | Buffer
  /** Whether the connection is closed behind the script instead of staying open. */
  ends: boolean
  /** The requests so far: their path, and which connection they came on. */
  readonly requests: readonly { readonly path: string; readonly connection: number }[]
}

/** An upstream that answers `/good` as it should, and anything else with its script. */
export async function startScriptedOrigin(t: Teardown): Promise<ScriptedOrigin> {
  const requests: { path: string; connection: number }[] = []
  let connections = 0
  const origin = await startRawOrigin(t, (socket) => {
    const connection = ++connections
    let seen = ''
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1')
      for (let end = seen.indexOf('\r\n\r\n'); end !== -1; end = seen.indexOf('\r\n\r\n')) {
        const path = seen.split(' ', 2)[1] as string
        seen = seen.slice(end + 4)
        requests.push({ path, connection })
        const isGood = path === '/good'
        const answer = isGood ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood' : scripted.script
        socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer)
        if (!isGood && scripted.ends) socket.end()
      }
    })
  })
  // `Object.assign` would read the counters once.
  const scripted: ScriptedOrigin = Object.defineProperties(origin, {
    script: { value: '', writable: true },
    ends: { value: false, writable: true },
    requests: { value: requests }
  }) as ScriptedOrigin
  return scripted
}
