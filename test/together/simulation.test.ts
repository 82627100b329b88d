import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../simulation/{a-limit,limits,the-}*.test.ts')
