import type { DatabaseSync } from 'node:sqlite'
import { schemaVersion } from './database.ts'
import type { ServiceApp } from './type-provider.ts'

export const healthPath = '/health'

interface HealthFacts {
  name: string
  instance: string
  database: DatabaseSync
  schemaVersion: number
}

/**
 * Healthy means that the database file can be read now and has the schema this code was written for. Other services are
 * left out on purpose: one that is down must not take those that call it out of rotation as well.
 */
export function registerHealth(app: ServiceApp, { name, instance, database, schemaVersion: expected }: HealthFacts): void {
  app.get(healthPath, async (request, reply) => {
    try {
      if (schemaVersion(database) === expected) return { status: 'ok', service: name, instance }
      request.log.error('the database has another schema version')
    } catch (error) {
      request.log.error({ err: error }, 'the database cannot be read')
    }
    return reply.code(503).send({ status: 'failing', service: name, instance })
  })
}
