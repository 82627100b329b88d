import { Ajv } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

/** Plain enough to be predictable: one @, no spaces, a dot in the domain. Whether it exists only a letter can tell. */
const email = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

/**
 * Path and query are text, so numbers in them are read as numbers. A body is JSON and says what it means: nothing in it
 * is converted, and an unknown member is an error rather than silently dropped.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  const strict = new Ajv({ allErrors: true, formats: { email } })
  const coercing = new Ajv({ allErrors: true, formats: { email }, coerceTypes: true, useDefaults: true })
  return ({ schema, httpPart }) => (httpPart === 'body' ? strict : coercing).compile(schema)
}
