import { fastify, type FastifyBaseLogger } from 'fastify'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from './database.ts'
import { answerError, registerErrorAnswers } from './error-answers.ts'
import { type FaultSetup, registerFaults } from './faults.ts'
import { registerHealth } from './health.ts'
import { closeConnectionsOnStop } from './stop-connections.ts'
import type { ServiceApp } from './type-provider.ts'
import { createValidatorCompiler } from './validation.ts'

/** What each service is built from. Time and ids come in from outside, so that tests decide them. */
export interface ServiceOptions {
  instance: string
  /** A file, or `:memory:`. */
  database: string
  seed: boolean
  logger: FastifyBaseLogger
  now: () => Date
  newId: () => string
  /** What goes wrong on purpose; absent: nothing, and nobody can change that. */
  faults?: FaultSetup
}

const bodyLimitBytes = 64 * 1024
const requestTimeoutMs = 30_000

/** Longer than a gateway keeps an idle connection, so that the side that sends next is never the one surprised. */
const keepAliveTimeoutMs = 75_000

/** An app with everything that the services share, and its database, which closes with the app. */
export function createServiceApp(name: string, migrations: readonly string[], options: ServiceOptions): { app: ServiceApp; database: DatabaseSync } {
  const database = openDatabase(options.database, migrations)
  const app: ServiceApp = fastify({
    loggerInstance: options.logger,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestIdHeader: 'x-request-id',
    genReqId: () => options.newId(),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-instance', options.instance)
      answerError(error, request, reply)
    }
  })
  app.setValidatorCompiler(createValidatorCompiler())
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-instance', options.instance)
  })
  app.addHook('onClose', async () => {
    database.close()
  })
  registerErrorAnswers(app)
  if (options.faults !== undefined) registerFaults(app, options.faults)
  closeConnectionsOnStop(app)
  registerHealth(app, { name, instance: options.instance, database, schemaVersion: migrations.length })
  return { app, database }
}
