import t from 'tap'
import { get, post } from './shop.ts'
import { startProcess } from './service-process.ts'

t.test('what was answered is still there after the process was killed and started again', async (t) => {
  const env = { DATA_DIR: t.testdir() }
  const first = await startProcess(t, 'users', env)
  const made = await post(`${first.url}/users`, { name: 'Alan Turing', email: 'alan@example.com' })
  t.equal(made.status, 201)
  first.child.kill('SIGKILL')
  t.equal(await first.exit, 'SIGKILL')

  const second = await startProcess(t, 'users', env)
  t.same((await get(`${second.url}/users/${made.body.id}`)).body, made.body)
})
