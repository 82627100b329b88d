// What reading a request target costs, before and after a class that extends String, with and without what spares its prototype.
// node bench/micro/extended-strings.ts
import { spawnSync } from 'node:child_process'
import { parseRequestTarget } from '../../src/http/request-target.ts'

const TARGETS = Array.from({ length: 100 }, (_, i) => Buffer.from(`/api/products/${i}/reviews?page=${i}`).toString('latin1'))
const CALLS = 1_000_000

function call(): number {
  const begun = performance.now()
  let read = 0
  for (let i = 0; i < CALLS; i++) if (typeof parseRequestTarget(TARGETS[i % TARGETS.length] as string) === 'object') read++
  return ((performance.now() - begun) / read) * 1e6
}

const least = (): string => Math.min(...Array.from({ length: 5 }, call)).toFixed(0)

const [, self = '', mode] = process.argv
if (mode === undefined) {
  for (const each of ['spared', 'extended']) {
    const { stdout } = spawnSync(process.execPath, [self, each], { encoding: 'utf8' })
    console.log(`${each.padEnd(10)}${stdout.trim()}`)
  }
} else {
  if (mode === 'spared') await import('../../src/system/keep-strings.ts')
  const before = least()
  // As of ioredis.
  void class extends String {}
  console.log(`${before} ns before, ${least()} ns after`)
}
