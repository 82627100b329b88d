// Single requests, to see whether an answer is right before anything is timed.
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { originOf, type BenchRequest, type Target } from './request.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

const ASK_MS = 10_000

/** On a connection of its own. @throws when there is no answer */
export function ask(target: Target, { method, path, headers, body }: BenchRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, connection: 'close' }, timeout: ASK_MS, agent: false as const, rejectUnauthorized: false }
    const receive = (response: IncomingMessage): void => {
      const pieces: Buffer[] = []
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }))
        .on('error', reject)
    }
    const request = (target.isTls ? https : http).request(originOf(target) + path, options, receive)
    request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer in time')))
    request.end(body ?? undefined)
  })
}

/** Again and again until the answer is right. @throws with what was wrong last, or when `isGone` says that nobody will ever answer */
export async function askUntil(target: Target, request: BenchRequest, isRight: (answer: Answer) => boolean, limit: Limit): Promise<Answer> {
  const until = performance.now() + limit.ms
  for (;;) {
    let fault: string
    try {
      const answer = await ask(target, request)
      if (isRight(answer)) return answer
      fault = `${request.path} was answered with ${answer.status}: ${answer.body.subarray(0, 100).toString('latin1')}`
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error)
    }
    if (limit.isGone?.() === true) throw new Error(`it ended: ${fault}`)
    if (performance.now() > until) throw new Error(`no right answer within ${limit.ms} ms: ${fault}`)
    await new Promise((resolve) => setTimeout(resolve, limit.everyMs ?? 1))
  }
}

export interface Limit {
  readonly ms: number
  /** Default 1. */
  readonly everyMs?: number
  readonly isGone?: () => boolean
}
