import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../meta/{e,p,s,t,y}*.test.ts')
