import type { CaseReport, Report, Row } from '../../bench/report/types.ts'

/** A row with one figure in each round, by its key. */
export function row(contestant: string, figures: Readonly<Record<string, readonly number[]>>, remarks: readonly string[] = []): Row {
  const rounds = Math.max(0, ...Object.values(figures).map(({ length }) => length))
  const samples = Array.from({ length: rounds }, (_, round) => ({
    round,
    figures: Object.fromEntries(Object.entries(figures).flatMap(([key, values]) => (values[round] === undefined ? [] : [[key, values[round]]])))
  }))
  return { contestant, title: `the ${contestant}`, samples, remarks }
}

export function caseOf(name: string, rows: readonly Row[], changes: Partial<CaseReport> = {}): CaseReport {
  const columns = [
    { key: 'cpuUs', title: 'CPU µs', digits: 1 },
    { key: 'cpuUs', title: '× floor', digits: 2, of: 'floor' },
    { key: 'peakMib', title: 'peak', digits: 0 }
  ]
  return { name, title: `Case ${name}`, about: 'What it is about.', columns, chart: 'cpuUs', rows, ...changes }
}

export function reportOf(cases: readonly CaseReport[], leftOut: readonly string[] = []): Report {
  const machine = {
    cpu: 'A processor',
    cores: 2,
    memoryMib: 1024,
    kernel: 'linux 6.1 x64',
    node: 'v24.0.0',
    commit: 'abc1234',
    loadBefore: 0.1,
    pinned: true,
    wrk: false,
    versions: { nginx: '1.22.1' }
  }
  return { startedAt: '2026-11-21T10:00:00.000Z', seconds: 60, machine, options: { rounds: 3 }, cases, leftOut }
}
