import { Type } from 'typebox'
import { created } from '../kit/created.ts'
import { pageQuery } from '../kit/page.ts'
import { notFound, Problem } from '../kit/problem.ts'
import { IdParams, Text } from '../kit/schemas.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import type { UserStore } from './store.ts'

const UserBody = Type.Object({ name: Text(100), email: Type.String({ format: 'email', maxLength: 254 }) }, { additionalProperties: false })

export function registerUserRoutes(app: ServiceApp, store: UserStore): void {
  app.get('/users', { schema: { querystring: Type.Object(pageQuery) } }, async ({ query }) => store.list(query))

  app.get('/users/:id', { schema: { params: IdParams } }, async ({ params }) => {
    const user = store.find(params.id)
    if (user === undefined) throw notFound('user', params.id)
    return user
  })

  app.post('/users', { schema: { body: UserBody } }, async ({ body }, reply) => {
    const user = store.create(body)
    if (user === 'email-taken') throw emailTaken(body.email)
    created(reply, 'users', user.id)
    return user
  })

  app.put('/users/:id', { schema: { params: IdParams, body: UserBody } }, async ({ params, body }) => {
    const user = store.replace(params.id, body)
    if (user === 'unknown') throw notFound('user', params.id)
    if (user === 'email-taken') throw emailTaken(body.email)
    return user
  })

  app.delete('/users/:id', { schema: { params: IdParams } }, async ({ params }, reply) => {
    if (!store.remove(params.id)) throw notFound('user', params.id)
    return reply.code(204).send()
  })
}

function emailTaken(email: string): Problem {
  return new Problem(409, 'email-taken', `Another user has the email address '${email}'`)
}
