import { runTogether } from '../support/run-together.ts'

await runTogether(import.meta.url, '../discovery/zookeeper-*.test.ts')
