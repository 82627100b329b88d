// The gateway with one route and no plugins; metrics on, as always, access log off.
import { builtinPlugins } from '../../plugins/index.ts'
import { compileText } from '../../src/config/compile-text.ts'
import { formatIssues } from '../../src/config/issue.ts'
import { Gateway } from '../../src/gateway.ts'
import { reportCpu } from './report-cpu.ts'

const text = `version: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: false
telemetry: { log: { level: error, access: false } }
upstreams: { origin: { endpoints: ["${process.argv[2] ?? ''}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]
`
const compiled = compileText({ file: 'bench.yaml', text, env: {}, readFile: () => '', builtins: builtinPlugins })
if (!compiled.ok) throw new Error(formatIssues(compiled.issues))
const gateway = await Gateway.create({ plan: compiled.plan })
await gateway.listen()
reportCpu(gateway.port())
