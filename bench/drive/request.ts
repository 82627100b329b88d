/** One request of a case, as every driver sends it. */
export interface BenchRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
}

/** Where it goes. */
export interface Target {
  readonly port: number
  readonly isTls: boolean
}

export const originOf = ({ port, isTls }: Target): string => `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`

/** The bytes of a request on a connection that stays open. */
export function requestBytes({ method, path, headers, body }: BenchRequest, host: string): Buffer {
  const fields = Object.entries({ Host: host, ...headers, ...(body === null ? {} : { 'Content-Length': String(body.length) }) })
  const head = `${method} ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)])
}
