import t from 'tap'
import { parseDuration } from '../../src/registry/durations.ts'

const good: Readonly<Record<string, number>> = {
  '10s': 10_000,
  '1m30s': 90_000,
  '500ms': 500,
  '1.5h': 5_400_000,
  '.5s': 500,
  '1.s': 1000,
  '0': 0,
  '-0': 0,
  '-1m': -60_000,
  '+2s': 2000,
  '1h1m1s1ms': 3_661_001,
  '3s1h': 3_603_000,
  '250us': 0.25,
  '250µs': 0.25,
  '1000000ns': 1
}
for (const [text, ms] of Object.entries(good))
  t.test(`${text} is ${ms} ms`, async (t) => t.ok(Math.abs((parseDuration(text) ?? Number.NaN) - ms) < 1e-9))

const bad = ['', '10', 's', '1d', '1 s', '10S', '--1s', '1s-', '.s', '1..5s', 'x', '1e3s', '300000000h']
for (const text of bad) t.test(`"${text}" is no duration`, async (t) => t.equal(parseDuration(text), null))
