// The least that a proxy on this runtime can do: node:http and undici's dispatch, raw fields as a flat array, one write per small answer.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import net, { type Socket } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import { KEEP_ALIVE_MS, obeyParent, readSetup, tlsOptions } from './setup.ts'

const HOLD_BYTES = 65_536

const setup = readSetup()
const [origin = ''] = setup.origins
const pool = new Pool(`http://${origin}`, { allowH2: false })

class Relay {
  readonly #response: ServerResponse
  #held: Buffer | null = null
  #status = 0
  #fields: string[] = []
  #isSent = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
    this.#fields = (controller.rawHeaders as Buffer[])
      .map((text) => text.toString('latin1'))
      .filter((_, i, all) => !/^(?:connection|keep-alive)$/i.test(all[i & ~1] ?? ''))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isSent && (this.#held?.length ?? 0) + chunk.length <= HOLD_BYTES) {
      this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
      return
    }
    this.#send()
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    if (this.#isSent) this.#response.end()
    else this.#response.writeHead(this.#status, this.#fields).end(this.#held)
  }

  onResponseError(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(502).end()
  }

  #send(): void {
    if (this.#isSent) return
    this.#isSent = true
    this.#response.writeHead(this.#status, this.#fields)
    if (this.#held !== null) this.#response.write(this.#held)
  }
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const body = request.headers['content-length'] === undefined ? null : request
  const headers = request.rawHeaders.filter((_, i, all) => !/^(?:connection|host)$/i.test(all[i & ~1] ?? ''))
  pool.dispatch({ method: request.method as Dispatcher.HttpMethod, path: request.url ?? '/', headers, body }, new Relay(response))
}

/** The upgrade as it came, and then bytes both ways. */
function tunnel(request: IncomingMessage, client: Socket, head: Buffer): void {
  const upstream = net.connect(Number(origin.split(':')[1]), '127.0.0.1')
  let text = `${request.method} ${request.url} HTTP/1.1\r\n`
  for (let i = 0; i < request.rawHeaders.length; i += 2) text += `${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}\r\n`
  upstream.write(`${text}\r\n`, 'latin1')
  upstream.write(head)
  upstream.setNoDelay(true)
  client.pipe(upstream).pipe(client)
  for (const [one, other] of [
    [client, upstream],
    [upstream, client]
  ] as const) {
    one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }
}

const tls = tlsOptions(setup)
const options: http.ServerOptions = { optimizeEmptyRequests: true }
const server = tls === null ? http.createServer(options, forward) : https.createServer({ ...options, ...tls }, forward)
server.keepAliveTimeout = KEEP_ALIVE_MS
server.on('upgrade', tunnel)
server.listen({ port: setup.port, host: '127.0.0.1', backlog: 4096 })
obeyParent()
