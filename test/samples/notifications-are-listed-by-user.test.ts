import t from 'tap'
import { buildNotificationsApp } from '../../samples/notifications/app.ts'
import { get, listen, post, serviceOptions } from './shop.ts'

t.test('notifications are listed by user, newest first', async (t) => {
  const notifications = `${await listen(t, buildNotificationsApp(serviceOptions()))}/notifications`
  for (const [userId, subject] of [
    ['u-1', 'first'],
    ['u-2', 'other'],
    ['u-1', 'second']
  ]) {
    const sent = await post(notifications, { userId, subject, message: 'Hello' })
    t.equal(sent.status, 201)
    t.same((await get(`${notifications}/${sent.body.id}`)).body, sent.body)
  }
  t.match((await get(`${notifications}?user_id=u-1`)).body, { total: 2, items: [{ subject: 'second' }, { subject: 'first' }] })
  t.equal((await get(notifications)).body.total, 3)
  t.equal((await get(`${notifications}/none`)).status, 404)
})
