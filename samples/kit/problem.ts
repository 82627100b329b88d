import { STATUS_CODES } from 'node:http'

/** One place in the request that is wrong. */
export interface ProblemField {
  in: string
  /** A JSON pointer; empty for the whole. */
  path: string
  message: string
}

/** The body of every error answer (RFC 9457). */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail: string
  errors?: ProblemField[]
  [extension: string]: unknown
}

const typeBase = 'https://shop.example/problems/'

/** An answer that says what is wrong; thrown by handlers, written by the error handler. */
export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly type: string
  readonly extensions: Readonly<Record<string, unknown>>

  /** `type` is a short word for programs, such as `insufficient-stock`; `detail` is a sentence for people. */
  constructor(status: number, type: string, detail: string, extensions: Readonly<Record<string, unknown>> = {}) {
    super(detail)
    this.status = status
    this.type = type
    this.extensions = extensions
  }
}

export function notFound(kind: string, id: string): Problem {
  return new Problem(404, 'not-found', `There is no ${kind} '${id}'`)
}

export function problemBody(problem: Problem): ProblemBody {
  return {
    type: `${typeBase}${problem.type}`,
    title: titleOf(problem.type),
    status: problem.status,
    detail: problem.message,
    ...problem.extensions
  }
}

/** For an error that has no more to say than its status: RFC 9457 section 4.2.1. */
export function plainProblemBody(status: number, detail: string): ProblemBody {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }
}

function titleOf(type: string): string {
  const words = type.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
