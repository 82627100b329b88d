import t from 'tap'
import { readmePathOf, violationsOf } from './architecture-rules.ts'
import { isInRepository, readRepositoryFile, sourceFiles } from './source-files.ts'

t.test('every import and every use of time, randomness and process stays where it belongs', (t) => {
  const files = sourceFiles('src/**/*.ts', 'plugins/**/*.ts', 'samples/**/*.ts')
  t.ok(files.length > 50, 'the files were found')
  const found = files.flatMap((file) => {
    const readmePath = readmePathOf(file.path)
    const readme = readmePath === null ? null : isInRepository(readmePath) ? readRepositoryFile(readmePath) : ''
    return violationsOf(file, readme)
  })
  t.strictSame(
    found.map(({ path, line, message }) => `${path}:${line} ${message}`),
    []
  )
  t.end()
})

const breaches: readonly { readonly path: string; readonly text: string; readonly line: number; readonly readme?: string }[] = [
  { path: 'src/policy/breaker/breaker.ts', text: "import { x } from '../../errors.ts'", line: 1 },
  { path: 'src/policy/breaker/breaker.ts', text: "import { hash } from 'node:crypto'", line: 1 },
  { path: 'src/routing/router.ts', text: "\nimport type { Plan } from '../config/plan.ts'", line: 2 },
  { path: 'src/config/compile.ts', text: "import { forward } from '../proxy/forward.ts'", line: 1 },
  { path: 'src/proxy/forward.ts', text: "import { Pool } from 'undici'", line: 1 },
  { path: 'src/proxy/forward.ts', text: "import {\n  a,\n  b\n} from '../upstream/pool.ts'", line: 4 },
  { path: 'src/proxy/forward.ts', text: "const pool = await import('../upstream/pool.ts')", line: 1 },
  { path: 'src/proxy/forward.ts', text: "export * from '../gateway.ts'", line: 1 },
  { path: 'src/admin/server.ts', text: "import { start } from '../gateway.ts'", line: 1 },
  { path: 'src/admin/server.ts', text: "import client from 'prom-client'", line: 1 },
  { path: 'src/gateway.ts', text: "import { Redis } from 'ioredis'", line: 1 },
  { path: 'plugins/jwt/index.ts', text: "import { x } from '../../src/errors.ts'", line: 1 },
  { path: 'plugins/jwt/index.ts', text: "import { x } from '../cors/index.ts'", line: 1 },
  { path: 'plugins/jwt/index.ts', text: "import { createVerifier } from 'fast-jwt'", readme: 'Uses @fastify/jwt.', line: 1 },
  { path: 'samples/users/app.ts', text: "import { ERRORS } from '../../src/errors.ts'", line: 1 },
  { path: 'src/proxy/relay.ts', text: '// a comment\nconst now = Date.now()', line: 2 },
  { path: 'src/proxy/relay.ts', text: 'const now = new Date()', line: 1 },
  { path: 'src/proxy/relay.ts', text: 'setTimeout(run, 5)', line: 1 },
  { path: 'src/http/server.ts', text: 'const rest = `a ${process.pid} b`', line: 1 },
  { path: 'plugins/cors/index.ts', text: 'const x = Math.random()', line: 1 },
  { path: 'src/gateway.ts', text: 'const x = 1\nlet state = 0', line: 2 },
  { path: 'src/stores/redis/server-link.ts', text: 'const calls = redis.pipeline()', line: 1 }
]

t.test('a breach of each rule would be found', (t) => {
  for (const { path, text, line, readme } of breaches) {
    const found = violationsOf({ path, text }, readme ?? null)
    t.strictSame(
      found.map((violation) => violation.line),
      [line],
      `${path}: ${text}`
    )
  }
  t.end()
})

const lawful: readonly { readonly path: string; readonly text: string; readonly readme?: string }[] = [
  { path: 'src/policy/breaker/breaker.ts', text: "import type { Outcome } from '../outcome.ts'" },
  { path: 'src/config/compile.ts', text: "import { parse } from 'yaml'\nimport { x } from '../routing/router.ts'" },
  { path: 'src/upstream/pool.ts', text: "import { Pool } from 'undici'" },
  { path: 'src/gateway.ts', text: "import { Pools } from './upstream/pool.ts'" },
  { path: 'src/cli/demo.ts', text: "import { createGateway } from '../gateway.ts'\nprocess.exitCode = 1" },
  { path: 'src/system/clock.ts', text: 'export const now = () => performance.now()' },
  { path: 'src/proxy/relay.ts', text: "socket.setTimeout(5)\n// not Date.now()\nconst word = 'process.env'\nconst pattern = /'process.env/" },
  { path: 'src/proxy/relay.ts', text: 'function f () {\n  let x = 1\n}' },
  { path: 'plugins/jwt/index.ts', text: "import { createVerifier } from 'fast-jwt'", readme: 'Built on `fast-jwt`.' }
]

t.test('lawful code is left alone', (t) => {
  for (const { path, text, readme } of lawful) t.strictSame(violationsOf({ path, text }, readme ?? null), [], `${path}: ${text}`)
  t.end()
})
