import t from 'tap'
import { buildUsersApp } from '../../samples/users/app.ts'
import { get, listen, post, send, serviceOptions } from './shop.ts'

t.test('a user is created, read, replaced and removed', async (t) => {
  const users = `${await listen(t, buildUsersApp(serviceOptions()))}/users`
  const made = await post(users, { name: 'Alan Turing', email: 'alan@example.com' })
  t.match(made, { status: 201, body: { name: 'Alan Turing', email: 'alan@example.com', createdAt: '2099-12-31T23:59:59.999Z' } })
  t.equal(made.headers.get('location'), `users/${made.body.id}`)
  const one = `${users}/${made.body.id}`
  t.same((await get(one)).body, made.body)
  t.match(await send('PUT', one, { name: 'A. M. Turing', email: 'alan@example.com' }), { status: 200, body: { name: 'A. M. Turing' } })
  t.match((await get(users)).body, { total: 3, items: [{ id: 'u-1' }, { id: 'u-2' }, { name: 'A. M. Turing' }] })
  t.equal((await send('DELETE', one)).status, 204)
  for (const gone of [await get(one), await send('DELETE', one), await send('PUT', one, { name: 'x', email: 'x@example.com' })]) {
    t.match(gone, { status: 404, body: { title: 'Not found', detail: /There is no user/ } })
  }
})

t.test('an email address belongs to one user, however it is spelled', async (t) => {
  const users = `${await listen(t, buildUsersApp(serviceOptions()))}/users`
  const taken = { status: 409, body: { title: 'Email taken' } }
  t.match(await post(users, { name: 'Other Ada', email: 'ADA@example.com' }), taken)
  t.match(await send('PUT', `${users}/u-2`, { name: 'Grace', email: 'ada@example.com' }), taken)
  t.match(await send('PUT', `${users}/u-1`, { name: 'Ada', email: 'Ada@Example.com' }), { status: 200 }, 'one may keep it')
})
