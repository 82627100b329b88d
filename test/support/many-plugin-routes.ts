// Run by a thread: a gateway with many routes that have plugins comes and goes.
import { workerData } from 'node:worker_threads'
import { builtinPlugins } from '../../plugins/index.ts'
import { compileText } from '../../src/config/compile-text.ts'
import { Gateway } from '../../src/gateway.ts'

const routes = Array.from(
  { length: workerData as number },
  // Each with a chain of its own.
  (_, i) => `  - { name: r${i}, match: { path: /r${i} }, upstream: a, plugins: { request-id: { header: x-r${i} } } }`
)
const text = `version: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: false
shutdown: { delay: 0s, drain: 1s }
telemetry: { log: { level: error } }
upstreams: { a: { endpoints: ["http://127.0.0.1:9"] } }
routes:
${routes.join('\n')}
`
const compiled = compileText({ file: 'gateway.yaml', text, env: {}, readFile: () => '', builtins: builtinPlugins })
if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
const gateway = await Gateway.create({ plan: compiled.plan })
await gateway.close()
