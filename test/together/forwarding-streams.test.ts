import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../proxy/{websocket,event-stream}-*.test.ts')
