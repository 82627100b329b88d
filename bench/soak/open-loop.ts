// Requests at a fixed rate whatever the answers do, so that waiting is counted (no coordinated omission).
import http from 'node:http'

export interface Seen {
  /** When it was due, ms from the start. */
  readonly atMs: number
  /** From when it was due to the end of its answer. */
  readonly tookMs: number
  /** 0 when the connection failed. */
  readonly status: number
}

export interface Load {
  /** Requests per second. */
  readonly rate: number
  readonly seconds: number
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export async function openLoop(url: string, load: Load): Promise<Seen[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2000 })
  const total = load.rate * load.seconds
  const start = performance.now()
  const all: Promise<Seen>[] = []
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      // The first one is due at once.
      const due = Math.min(total, 1 + Math.floor(((performance.now() - start) * load.rate) / 1000))
      while (all.length < due) all.push(one(url, agent, load, start, (all.length * 1000) / load.rate))
      if (all.length < total) setTimeout(tick, 1)
      else resolve()
    }
    tick()
  })
  const seen = await Promise.all(all)
  agent.destroy()
  return seen
}

function one(url: string, agent: http.Agent, { method = 'GET', headers = {} }: Load, start: number, atMs: number): Promise<Seen> {
  return new Promise((resolve) => {
    const done = (status: number): void => resolve({ atMs, tookMs: performance.now() - start - atMs, status })
    const request = http.request(url, { agent, method, headers, timeout: 20_000 }, (response) => {
      response
        .resume()
        .on('end', () => done(response.statusCode ?? 0))
        .on('error', () => done(0))
    })
    request.on('error', () => done(0)).on('timeout', () => request.destroy())
    request.end()
  })
}

/** In ms; 0 of nothing. */
export function percentile(seen: readonly Seen[], share: number): number {
  const sorted = seen.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? 0
}
