import { Type } from 'typebox'
import { created } from '../kit/created.ts'
import { pageQuery } from '../kit/page.ts'
import { notFound } from '../kit/problem.ts'
import { Id, IdParams, Text } from '../kit/schemas.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import type { NotificationStore } from './store.ts'

const NotificationBody = Type.Object(
  {
    userId: Id,
    subject: Text(200),
    message: Text(4_000)
  },
  { additionalProperties: false }
)

const ListQuery = Type.Object({ ...pageQuery, user_id: Type.Optional(Id) })

export function registerNotificationRoutes(app: ServiceApp, store: NotificationStore): void {
  app.get('/notifications', { schema: { querystring: ListQuery } }, async ({ query: { user_id: userId, ...page } }) => {
    return store.list(userId, page)
  })

  app.get('/notifications/:id', { schema: { params: IdParams } }, async ({ params }) => {
    const notification = store.find(params.id)
    if (notification === undefined) throw notFound('notification', params.id)
    return notification
  })

  app.post('/notifications', { schema: { body: NotificationBody } }, async ({ body }, reply) => {
    const notification = store.create(body)
    created(reply, 'notifications', notification.id)
    return notification
  })
}
