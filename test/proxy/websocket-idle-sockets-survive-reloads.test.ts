import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const SOAK = fileURLToPath(new URL('../../bench/soak/idle-websockets.ts', import.meta.url))

t.test('20 idle WebSockets through a gateway process are alive after three reloads; the soak does it with 1,000', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [SOAK, '20'])
  t.match(stdout, '20 WebSockets opened, 20 counted')
  t.match(stdout, '20 of 20 answered a Ping after 3 reloads')
  t.match(stdout, 'PASS idle-websockets')
})
