import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseBusy } from './database.ts'
import { DependencyError, dependencyUnavailable } from './http-client.ts'
import { plainProblemBody, Problem, problemBody, type ProblemBody } from './problem.ts'
import type { ServiceApp } from './type-provider.ts'

/** Makes every error answer of the service a problem document; what is unexpected is logged and told to nobody. */
export function registerErrorAnswers(app: ServiceApp): void {
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, plainProblemBody(404, `There is no ${request.method} ${pathOf(request)}`))
  })
}

/** Also used for what fails before routing, such as a path with a broken percent escape. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const body = classifyError(error)
  if (body.status === 500) request.log.error({ err: error }, 'request failed')
  if (error instanceof DependencyError) request.log.warn({ err: error }, 'a dependency failed')
  if (body.status === 503) reply.header('retry-after', '1')
  sendProblem(reply, body)
}

function classifyError(error: unknown): ProblemBody {
  if (error instanceof Problem) return problemBody(error)
  if (error instanceof DependencyError) return problemBody(dependencyUnavailable(error))
  if (isDatabaseBusy(error)) return problemBody(new Problem(503, 'database-busy', 'The database is busy, try again'))
  if (isFastifyError(error)) {
    if (error.validation !== undefined) return problemBody(invalidRequest(error))
    if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
      return plainProblemBody(error.statusCode, error.message)
    }
  }
  return plainProblemBody(500, 'The request could not be completed')
}

function invalidRequest(error: FastifyError): Problem {
  const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'request')
  const errors = (error.validation ?? []).map(({ instancePath, message, params }) => {
    const unknown = params['additionalProperty']
    const missing = params['missingProperty']
    if (typeof unknown === 'string') return { in: part, path: `${instancePath}/${unknown}`, message: 'is not known here' }
    if (typeof missing === 'string') return { in: part, path: `${instancePath}/${missing}`, message: 'is required' }
    return { in: part, path: instancePath, message: message ?? 'is not valid' }
  })
  return new Problem(400, 'invalid-request', `The ${part} is not valid`, { errors })
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error
}

/** Writes the answer as a problem document and nothing else: no log, no field of the header but the media type. */
export function sendProblem(reply: FastifyReply, body: ProblemBody): void {
  // Serialised here: Fastify turns an object into JSON only for its own JSON media type.
  void reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
}

/** The path of the URL as it was received. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url
}
