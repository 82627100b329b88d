export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const DONE: Reply = { status: 200, headers: {}, body: '' }

export function done(): Reply {
  return DONE
}

/** Indented, as a development agent of Consul answers. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: `${JSON.stringify(value, null, 4)}\n` }
}

export function text(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: message }
}
