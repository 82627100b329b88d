import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../proxy/!(a[a-m -]*|requests-aborted-*|websocket-*|event-stream-*).test.ts')
