import fc from 'fast-check'
import { chosenSeed } from './random.ts'

// The same cases in every run, so that a red test is the fault of the change at hand; `npm run fuzz` draws new ones.
const seed = chosenSeed()
if (seed !== null) fc.configureGlobal({ seed })

export default fc
