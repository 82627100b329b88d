import t from 'tap'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

t.test('long work never makes V8 end in one go what other threads are marking', async (t) => {
  const worker = new Worker(new URL('./collections-kit.ts', import.meta.url))
  const [{ full, cut }] = (await once(worker, 'message')) as [{ full: number; cut: number }]
  t.not(full, 0, 'there were full collections')
  t.equal(cut, 0, `of ${full} full collections`)
})
