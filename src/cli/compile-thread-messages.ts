import type { Issue } from '../config/issue.ts'
import type { ImportedModule } from '../config/load.ts'
import type { PlanPiece } from '../config/ship-plan.ts'
import type { ConfigSnapshot } from '../config/snapshot.ts'

/** What a thread that compiles is given. */
export interface CompileOrder {
  /** Absolute. */
  readonly file: string
  readonly displayName: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Null asks for the next piece of the plan. */
export type CompileRequest = CompileOrder | null

/** What it says when it has compiled. Of a right file the plan follows, a piece for each `null` that is sent to it. */
export interface CompileReport {
  readonly ok: boolean
  readonly issues: readonly Issue[]
  readonly files: readonly string[]
  readonly modules: readonly ImportedModule[]
  readonly namesModules: boolean
  /** Of a right file. */
  readonly snapshot: ConfigSnapshot | null
}

/** Null after the last one. */
export type CompileAnswer = PlanPiece | null
