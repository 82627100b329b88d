// Whether a contestant answers rightly; what does not is not timed.
import { createHash } from 'node:crypto'
import { ANSWERS } from '../cases/answers.ts'
import { requestsFor } from '../cases/parts.ts'
import { tokenFor } from '../cases/tokens.ts'
import type { Case } from '../cases/types.ts'
import { ask, type Answer } from '../drive/ask.ts'
import type { BenchRequest, Target } from '../drive/request.ts'
import { echo } from '../drive/websocket.ts'

interface Question {
  readonly request: BenchRequest
  readonly isRight: (answer: Answer) => boolean
}

/** Its right answer tells that the contestant is up. */
export function firstQuestion(item: Case): Question {
  if (item.work.kind === 'http') return question(item.work.requests[0] as BenchRequest, item.work.expected)
  const [request] = requestsFor(() => `${item.routes[0]?.prefix ?? ''}/small`)
  return question(request as BenchRequest, ANSWERS.small.body)
}

function question(request: BenchRequest, expected: Buffer): Question {
  return { request, isRight: ({ status, body }) => status === 200 && body.equals(expected) }
}

/** @throws Error saying what is wrong */
export async function checkCase({ item, target }: { readonly item: Case; readonly target: Target }): Promise<void> {
  const { work } = item
  if (work.kind === 'websocket') {
    const headers = { authorization: `Bearer ${tokenFor(0)}` }
    const { messages } = await echo(target.port, work.path, { connections: 2, seconds: 0.1, bytes: work.bytes, headers })
    if (messages === 0) throw new Error('no echo came back')
  }
  if (work.kind === 'http') await checkRequests(target, work.requests, work.expected)
  await checkForwarded(target, item)
}

async function checkRequests(target: Target, requests: readonly BenchRequest[], expected: Buffer): Promise<void> {
  for (const at of [0, Math.floor(requests.length / 2), requests.length - 1]) {
    const { request, isRight } = question(requests[at] as BenchRequest, expected)
    const answer = await ask(target, request)
    if (!isRight(answer))
      throw new Error(`${request.path} was answered with ${answer.status} and ${answer.body.length} bytes that are not those of the origin`)
    if (answer.headers['content-length'] !== String(expected.length)) throw new Error('the answer has lost its length')
  }
}

/** Method, path, query, token and body reach the origin as they were sent. */
async function checkForwarded(target: Target, item: Case): Promise<void> {
  const sample = item.work.kind === 'http' ? (item.work.requests.at(-1) as BenchRequest) : firstQuestion(item).request
  const path = `${sample.path.slice(0, sample.path.lastIndexOf('/'))}/seen?a=1&b=%20`
  const { status, body } = await ask(target, { ...sample, path })
  if (status !== 200) throw new Error(`${path} was answered with ${status}`)
  const seen = JSON.parse(body.toString()) as { method: string; url: string; headers: Readonly<Record<string, string>>; sha256: string }
  const sha256 = createHash('sha256')
    .update(sample.body ?? '')
    .digest('hex')
  const isRight =
    seen.method === sample.method && seen.url === path && seen.headers['authorization'] === sample.headers['authorization'] && seen.sha256 === sha256
  if (!isRight) throw new Error(`the origin was sent another request: ${body.toString().slice(0, 300)}`)
}
