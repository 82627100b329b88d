import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../cli/[!a]*.test.ts')
