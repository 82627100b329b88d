import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { watchConfig, type ConfigWatch } from '../../src/config/watch.ts'

interface Watched {
  readonly watch: ConfigWatch
  readonly changes: () => number
  /** Resolves at the next change. */
  readonly change: () => Promise<void>
  /** Runs what waits for its time, such as the look for a missing folder. */
  readonly elapse: () => void
  /** Resolves when the folder had something to tell. */
  readonly event: () => Promise<void>
}

/** Debounce timers run by themselves when `auto`; retries only by `elapse`. */
function watched(t: Test, file: string, references: readonly string[] = [], auto = true): Watched {
  let count = 0
  let pending = new Set<() => void>()
  const waiting: (() => void)[] = []
  const listening: (() => void)[] = []
  const watch = watchConfig({
    file,
    references,
    debounceMs: 1,
    retryMs: 2,
    after: (ms, run) => {
      if (ms === 1 && auto) {
        const timer = setImmediate(run)
        return () => clearImmediate(timer)
      }
      pending.add(run)
      for (const resolve of listening.splice(0)) resolve()
      return () => pending.delete(run)
    },
    onChange: () => {
      count++
      for (const resolve of waiting.splice(0)) resolve()
    }
  })
  // A watch does not keep the process alive; the test does.
  const hold = setInterval(() => {}, 2 ** 30)
  t.teardown(() => {
    clearInterval(hold)
    watch.close()
  })
  return {
    watch,
    changes: () => count,
    change: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
    event: () =>
      new Promise((resolve) => {
        listening.push(resolve)
      }),
    elapse: () => {
      const due = pending
      pending = new Set()
      for (const run of due) run()
    }
  }
}

t.test('written in place and replaced by another file', async (t) => {
  const file = join(t.testdir({ 'g.yaml': 'a' }), 'g.yaml')
  const { change } = watched(t, file)
  let next = change()
  writeFileSync(file, 'b')
  await next
  next = change()
  writeFileSync(`${file}.new`, 'c')
  renameSync(`${file}.new`, file)
  await next
  t.pass('both were noticed')
})

t.test('a ConfigMap: the link ..data is swapped', async (t) => {
  const dir = t.testdir({
    '..1': { 'g.yaml': 'a' },
    '..2': { 'g.yaml': 'b' },
    '..data': t.fixture('symlink', '..1'),
    'g.yaml': t.fixture('symlink', '..data/g.yaml')
  })
  const { change, changes } = watched(t, join(dir, 'g.yaml'))
  const next = change()
  symlinkSync('..2', join(dir, '..data_tmp'))
  renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
  await next
  t.equal(changes(), 1)
})

t.test('a file that the configuration refers to, also from later on', async (t) => {
  const dir = t.testdir({ 'g.yaml': 'a', one: { s: 'a' }, two: { s: 'a' } })
  const { change, watch } = watched(t, join(dir, 'g.yaml'), [join(dir, 'one/s')])
  let next = change()
  writeFileSync(join(dir, 'one/s'), 'b')
  await next
  watch.refer([join(dir, 'two/s')])
  next = change()
  writeFileSync(join(dir, 'two/s'), 'b')
  await next
  t.pass('both were noticed')
})

t.test('an event without a change of content is no change', async (t) => {
  const dir = t.testdir({ 'g.yaml': 'a' })
  const { event, elapse, changes } = watched(t, join(dir, 'g.yaml'), [], false)
  const seen = event()
  utimesSync(join(dir, 'g.yaml'), 1, 1)
  writeFileSync(join(dir, 'other'), 'x')
  await seen
  elapse()
  t.equal(changes(), 0)
})

t.test('a folder that is away for a while', async (t) => {
  const dir = join(t.testdir({ conf: { 'g.yaml': 'a' } }), 'conf')
  const { event, elapse, changes, change } = watched(t, join(dir, 'g.yaml'), [], false)
  const gone = event()
  rmSync(dir, { recursive: true })
  await gone
  elapse()
  t.equal(changes(), 0, 'a missing file is being replaced')
  mkdirSync(dir)
  writeFileSync(join(dir, 'g.yaml'), 'b')
  const next = change()
  elapse()
  await next
  const again = event()
  writeFileSync(join(dir, 'g.yaml'), 'c')
  await again
  elapse()
  t.equal(changes(), 2, 'the new folder is watched')
})

t.test('after close nothing is told', async (t) => {
  const dir = t.testdir({ 'g.yaml': 'a' })
  const { event, elapse, changes, watch } = watched(t, join(dir, 'g.yaml'), [], false)
  const seen = event()
  writeFileSync(join(dir, 'g.yaml'), 'b')
  await seen
  watch.close()
  elapse()
  t.equal(changes(), 0)
})

t.test('a folder that does not exist yet', (t) => {
  const dir = join(t.testdir({}), 'later')
  const { elapse, changes } = watched(t, join(dir, 'g.yaml'), [], false)
  elapse()
  t.equal(changes(), 0)
  mkdirSync(dir)
  writeFileSync(join(dir, 'g.yaml'), 'a')
  elapse()
  t.equal(changes(), 1)
  t.end()
})
