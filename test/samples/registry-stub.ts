import type { IncomingMessage } from 'node:http'
import type { Test } from 'tap'
import { startStub } from './shop.ts'

export interface RegistryRequest {
  readonly method: string
  readonly path: string
  readonly token: string | undefined
  readonly body: string
}

export interface RegistryStub {
  /** `host:port` */
  readonly address: string
  /** What it was asked, in that order. */
  readonly requests: readonly RegistryRequest[]
}

/** A registry that says what the test wants. `answer` gives the status, at once or later. */
export async function startRegistryStub(t: Test, answer: (request: RegistryRequest) => number | Promise<number>): Promise<RegistryStub> {
  const requests: RegistryRequest[] = []
  const url = await startStub(t, (message, response) => {
    void (async () => {
      const request = await read(message)
      requests.push(request)
      response.writeHead(await answer(request)).end('{}')
    })()
  })
  return { address: new URL(url).host, requests }
}

async function read(message: IncomingMessage): Promise<RegistryRequest> {
  let body = ''
  for await (const chunk of message) body += String(chunk)
  const token = message.headers['x-consul-token']
  return { method: message.method ?? '', path: message.url ?? '', token: Array.isArray(token) ? token[0] : token, body }
}
