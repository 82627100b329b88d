import { setTimeout as delay } from 'node:timers/promises'
import type { Case } from '../cases/types.ts'
import type { Contestant, Running, Setup } from '../contestants/types.ts'
import type { Target } from '../drive/request.ts'
import { processTree, residentKib, stolenMs } from '../process/proc.ts'
import type { Scene } from '../process/scene.ts'

export interface Amounts {
  /** Of the load that counts. */
  readonly seconds: number
  /**
   * Of load that does not count before that, for programs that are compiled while they run: V8 needs up to a hundred thousand requests for it on one core, and compiling
   * is a fourth of the CPU until then.
   */
  readonly warmUpSeconds: number
  /** Of the open loop. */
  readonly latencySeconds: number
  readonly wrk: boolean
  /** On a virtual machine whose host takes time away: how often a measurement is made at most until one loses next to nothing. */
  readonly tries: number
}

/** One contestant that is up, and all that a measurement needs besides. */
export interface Context<Kind extends Case['work']['kind'] = Case['work']['kind']> {
  readonly scene: Scene
  readonly item: Case
  readonly work: Extract<Case['work'], { kind: Kind }>
  readonly contestant: Contestant
  readonly setup: Setup
  readonly running: Running
  readonly target: Target
  /** Straight to the origin. */
  readonly direct: Target
  /** How long the contestant took from its start to its first right answer. */
  readonly startMs: number
  readonly amounts: Amounts
}

/** What is compiled before it runs needs no more than what counts. */
export function warmUpSeconds({ contestant, amounts }: Pick<Context, 'contestant' | 'amounts'>): number {
  return contestant.isCompiled === true ? Math.min(amounts.seconds, amounts.warmUpSeconds) : amounts.warmUpSeconds
}

export type Figures = Readonly<Record<string, number>>

export function residentMib({ running }: Pick<Context, 'running'>): { readonly now: number; readonly peak: number } {
  const { now, peak } = residentKib(processTree(running.pid))
  return { now: now / 1024, peak: peak / 1024 }
}

/** ms of all cores in a second: some ticks of the kernel's own account. */
const CALM_MS = 10
/** What a host is busy with lasts longer than a moment. */
const REST_MS = 10_000

/** As `withCpu`, tried again while the host of a virtual machine takes time away; the run that lost least counts. */
export async function withCpuInCalm<Result extends { readonly seconds: number }>(
  context: Pick<Context, 'running' | 'amounts'>,
  run: () => Promise<Result>
): Promise<Awaited<ReturnType<typeof withCpu<Result>>>> {
  const tried: (readonly [lostMs: number, Awaited<ReturnType<typeof withCpu<Result>>>])[] = []
  for (;;) {
    const before = stolenMs()
    const measured = await withCpu(context, run)
    tried.push([(stolenMs() - before) / measured.result.seconds, measured])
    if (tried.length >= context.amounts.tries || tried.some(([lostMs]) => lostMs <= CALM_MS)) break
    await delay(REST_MS)
  }
  const [first, ...others] = tried as [(typeof tried)[number], ...typeof tried]
  return others.reduce((least, one) => (one[0] < least[0] ? one : least), first)[1]
}

/** CPU of the contestant during a run, and how much of a core that is. */
export async function withCpu<Result extends { readonly seconds: number }>(
  { running }: Pick<Context, 'running'>,
  run: () => Promise<Result>
): Promise<{ readonly result: Result; readonly cpuUs: number; readonly busy: number }> {
  const before = await running.cpuUs()
  const result = await run()
  const cpuUs = (await running.cpuUs()) - before
  return { result, cpuUs, busy: cpuUs / result.seconds / 10_000 }
}
