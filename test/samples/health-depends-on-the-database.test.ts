import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { buildUsersApp } from '../../samples/users/app.ts'
import { get, listen, serviceOptions } from './shop.ts'

t.test('a service is healthy as long as its database can be used', async (t) => {
  const database = `${t.testdir()}/users.sqlite`
  const users = await listen(t, buildUsersApp(serviceOptions({ database, instance: 'users-7' })))
  const healthy = await get(`${users}/health`)
  t.equal(healthy.status, 200)
  t.equal(healthy.headers.get('x-instance'), 'users-7')
  t.same(healthy.body, { status: 'ok', service: 'users', instance: 'users-7' })

  const other = new DatabaseSync(database)
  t.teardown(() => {
    other.close()
  })
  other.exec('PRAGMA user_version = 999')
  const failing = await get(`${users}/health`)
  t.equal(failing.status, 503)
  t.same(failing.body, { status: 'failing', service: 'users', instance: 'users-7' })
})

t.test('a service does not start on a database from the future', async (t) => {
  const database = `${t.testdir()}/users.sqlite`
  const other = new DatabaseSync(database)
  other.exec('PRAGMA user_version = 999')
  other.close()
  t.throws(() => buildUsersApp(serviceOptions({ database })), /newer than/)
})

t.test('a database that stays locked answers 503, and works again afterwards', async (t) => {
  const database = `${t.testdir()}/users.sqlite`
  const users = `${await listen(t, buildUsersApp(serviceOptions({ database })))}/users`
  const other = new DatabaseSync(database)
  t.teardown(() => {
    other.close()
  })
  other.exec('BEGIN IMMEDIATE')
  const remove = { method: 'DELETE' }
  const locked = await fetch(`${users}/u-1`, remove)
  t.equal(locked.status, 503)
  t.match(await locked.json(), { title: 'Database busy' })
  t.equal((await get(users)).status, 200, 'reading goes on')
  other.exec('ROLLBACK')
  t.equal((await fetch(`${users}/u-1`, remove)).status, 204)
})
