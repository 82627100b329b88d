/** What one run measured, by the names of the case's columns; what it did not measure is absent. */
export interface Sample {
  readonly round: number
  readonly figures: Readonly<Record<string, number>>
}

export interface Column {
  readonly key: string
  readonly title: string
  readonly digits: number
  /** Instead of the figure itself: how many times that of this contestant, round by round. */
  readonly of?: string
}

export interface Row {
  readonly contestant: string
  readonly title: string
  readonly samples: readonly Sample[]
  /** Why it has no samples, or fewer. */
  readonly remarks: readonly string[]
}

export interface CaseReport {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly columns: readonly Column[]
  /** The column that is drawn. */
  readonly chart: string
  readonly rows: readonly Row[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryMib: number
  readonly kernel: string
  readonly node: string
  readonly commit: string | null
  readonly loadBefore: number
  readonly pinned: boolean
  readonly wrk: boolean
  /** Of the contestants. */
  readonly versions: Readonly<Record<string, string>>
}

export interface Report {
  readonly startedAt: string
  readonly seconds: number
  readonly machine: Machine
  readonly options: Readonly<Record<string, string | number | boolean>>
  readonly cases: readonly CaseReport[]
  /** What was left out, and why. */
  readonly leftOut: readonly string[]
}
