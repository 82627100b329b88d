import fc from '../support/property.ts'
import t from 'tap'
import { decayed, LATENCY_DECAY_MS, peakEwma } from '../../src/policy/balancer/peak-ewma.ts'
import { NOW } from './candidates.ts'

t.test('the first sample and every higher one are taken as they are', async (t) => {
  t.equal(peakEwma(0, 0, 25, NOW), 25)
  t.equal(peakEwma(25, NOW, 300, NOW + 1), 300)
  t.equal(peakEwma(25, NOW, 26, NOW + 5000), 26, 'one that is only a little higher, too')
  t.equal(peakEwma(25, NOW - 1e9, 25, NOW), 25)
})

t.test('towards a lower sample it falls by the time that passed', async (t) => {
  t.equal(peakEwma(100, NOW, 20, NOW), 100, 'not at all without time')
  t.ok(Math.abs(peakEwma(100, NOW, 20, NOW + LATENCY_DECAY_MS) - (20 + 80 / Math.E)) < 1e-9)
  t.ok(Math.abs(peakEwma(100, NOW, 20, NOW + 500, 500) - (20 + 80 / Math.E)) < 1e-9)
  t.equal(peakEwma(100, NOW - 1e9, 20, NOW), 20)
})

t.test('many samples in a short time pull no more than one', async (t) => {
  let many = 100
  for (let i = 1; i <= 1000; i++) many = peakEwma(many, NOW + i - 1, 20, NOW + i)
  t.ok(Math.abs(many - peakEwma(100, NOW, 20, NOW + 1000)) < 1e-6)
})

t.test('it lies between the sample and the peak, and is never 0 again once measured', async () => {
  const ms = fc.double({ min: 0, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(ms, ms, fc.integer({ min: -1000, max: 1_000_000 }), (previous, sample, passed) => {
      const next = peakEwma(previous, NOW, sample, NOW + passed)
      return next > 0 && next >= sample && next <= Math.max(previous, sample, 0.001) * (1 + 1e-12)
    })
  )
})

t.test('a clock that seems to go back, a time of nothing and one that is no number do no harm', async (t) => {
  t.equal(peakEwma(100, NOW + 50, 20, NOW), 100)
  t.equal(peakEwma(0, 0, 0, NOW), 0.001)
  t.equal(peakEwma(0, 0, -3, NOW), 0.001)
  t.equal(peakEwma(0, 0, Number.NaN, NOW), 0.001)
})

t.test('what is not measured again fades', async (t) => {
  t.equal(decayed(50, NOW, NOW), 50)
  t.equal(decayed(50, NOW, NOW - 5), 50)
  t.ok(Math.abs(decayed(50, NOW, NOW + 2 * LATENCY_DECAY_MS) - 50 / Math.E ** 2) < 1e-9)
})
