import { once } from 'node:events'
import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import net from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly trailers: NodeJS.Dict<string>
  readonly body: Buffer
  readonly text: string
  /** The body parsed; what it is, the test knows. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: () => any
}

/** One request over a connection of its own, with nothing added or changed on the way but what Node's client must add. */
export async function send(url: string, options: RequestOptions & { readonly body?: string | Buffer } = {}): Promise<Answer> {
  const { body, ...rest } = options
  const target = new URL(url)
  const request = http.request({
    host: target.hostname,
    port: target.port,
    path: options.path ?? target.pathname + target.search,
    agent: false,
    ...rest
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.end(body)
  const [response] = await answered
  return collect(response)
}

export async function collect(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    trailers: response.trailers,
    body,
    get text() {
      return body.toString()
    },
    json: () => JSON.parse(body.toString())
  }
}

/**
 * Writes bytes to a fresh connection and resolves to everything that came back until the other side closed. Of two pieces
 * the second is written when `after` has come back.
 */
export async function sendRaw(port: number, bytes: string | Buffer | readonly [string, string], after = ''): Promise<string> {
  const [first, second] = Array.isArray(bytes) ? (bytes as readonly [string, string]) : [bytes as string | Buffer, null]
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(first)
  let received = ''
  let next = second
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
    if (next === null || !received.includes(after)) return
    socket.write(next)
    next = null
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return received
}

/** Polls until the check holds; for states that nothing announces. @throws the check's last failure after the limit */
export async function eventually(check: () => unknown, limitMs = 15_000): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    try {
      if ((await check()) !== false) return
      throw new Error('not yet')
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
