import type { IncomingMessage, ServerResponse } from 'node:http'
import { eventually } from './client.ts'
import type { Teardown } from './gateway.ts'
import { type Origin, startOrigin } from './origin.ts'

export interface HeldOrigin extends Origin {
  /** Resolves when so many requests wait for their answer. */
  arrived(count: number): Promise<void>
  /** Answers all that wait with 200 and their path, and lets later ones through. */
  release(): void
}

/** An upstream that keeps every request waiting until it is told to answer. */
export async function startHeldOrigin(t: Teardown): Promise<HeldOrigin> {
  let open = false
  const waiting: (() => void)[] = []
  const origin = await startOrigin(t, (request: IncomingMessage, response: ServerResponse) => {
    const answer = () => response.end(request.url)
    if (open) answer()
    else waiting.push(answer)
  })
  return Object.assign(Object.create(origin) as Origin, {
    arrived: (count: number) => eventually(() => waiting.length === count),
    release() {
      open = true
      for (const answer of waiting.splice(0)) answer()
    }
  })
}
