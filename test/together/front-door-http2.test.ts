import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../http/http2-*.test.ts')
