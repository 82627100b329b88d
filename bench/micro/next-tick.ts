// What a tick costs before and after full collections in quiet moments, with and without an object of it that is kept.
// node bench/micro/next-tick.ts
import { spawnSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { keepTick } from '../../src/system/keep-tick.ts'

const TICKS = 300_000

function ticks(): Promise<number> {
  return new Promise((resolve) => {
    const begun = performance.now()
    let left = TICKS
    const tick = (): void => {
      left--
      if (left > 0) process.nextTick(tick)
      else resolve(((performance.now() - begun) / TICKS) * 1e6)
    }
    process.nextTick(tick)
  })
}

async function least(): Promise<string> {
  const figures = [await ticks(), await ticks(), await ticks(), await ticks()]
  return Math.min(...figures).toFixed(0)
}

async function measure(): Promise<void> {
  const before = await least()
  for (let i = 0; i < 3; i++) {
    await delay(20)
    globalThis.gc?.()
  }
  console.log(`${before} ns before, ${await least()} ns after three full collections`)
}

const [, self = '', mode] = process.argv
if (mode === undefined) {
  for (const each of ['let-go', 'kept']) {
    const { stdout } = spawnSync(process.execPath, ['--expose-gc', self, each], { encoding: 'utf8' })
    console.log(`${each.padEnd(8)}${stdout.trim()}`)
  }
} else {
  if (mode === 'kept') await keepTick()
  await measure()
}
