import t from 'tap'
import { consulMissing, startConsul } from '../support/consul.ts'
import { consulHarness } from './consul-kit.ts'
import { discoveryContract } from './contract.ts'

const missing = consulMissing()
if (missing !== false) t.plan(0, missing)
else discoveryContract(t, async (t) => consulHarness(await startConsul(t)))
