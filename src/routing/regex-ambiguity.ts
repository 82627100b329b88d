import { type RegexAutomaton, RegexRefusal } from './regex-automaton.ts'

/**
 * How the time of a failing match grows with the length of the input: 'exponential', or the degree of the polynomial (0: the
 * length does not matter, 1: linear, 2: quadratic …).
 *
 * After Weber and Seidl, "On the degree of ambiguity of finite automata" (1991), as applied to backtracking engines by
 * Weideman et al. (2016): the engine retries every way to read the same text, so ambiguity is time. The search is bounded by
 * counted steps, not by a clock, so that the answer is the same on every machine; throws a RegexRefusal when they run out.
 */
export function backtrackingCost(automaton: RegexAutomaton): number | 'exponential' {
  const graph = new Graph(automaton)
  if (graph.loops.some((loop) => graph.isExponential(loop))) return 'exponential'
  if (hasManyPaths(automaton, graph.budget)) return 'exponential'
  return graph.loops.length === 0 ? 0 : 1 + longestChain(graph)
}

class Budget {
  #left = 5_000_000

  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new RegexRefusal('it is too complex to be checked')
  }
}

class Graph {
  readonly automaton: RegexAutomaton
  readonly budget = new Budget()
  /** reach[p] has a 1 for every position that can follow p after one step or more. */
  readonly reach: readonly Uint8Array[]
  /** Sets of positions that can be read again and again (strongly connected), in an order in which no later one leads to an earlier one. */
  readonly loops: ReadonlyArray<readonly number[]>

  constructor(automaton: RegexAutomaton) {
    this.automaton = automaton
    this.reach = automaton.sets.map((_, p) => this.#reachable(p))
    this.loops = this.#findLoops()
  }

  reaches(p: number, q: number): boolean {
    return this.reach[p]?.[q] === 1
  }

  #reachable(from: number): Uint8Array {
    const seen = new Uint8Array(this.automaton.sets.length)
    const stack = [from]
    for (let p = stack.pop(); p !== undefined; p = stack.pop()) {
      this.budget.spend(this.automaton.next[p]?.length ?? 0)
      for (const q of this.automaton.next[p] ?? []) {
        if (seen[q] === 1) continue
        seen[q] = 1
        stack.push(q)
      }
    }
    return seen
  }

  #findLoops(): ReadonlyArray<readonly number[]> {
    const done = new Set<number>()
    const loops: number[][] = []
    for (let p = 0; p < this.reach.length; p++) {
      if (done.has(p) || !this.reaches(p, p)) continue
      const loop = this.reach.flatMap((_, q) => (this.reaches(p, q) && this.reaches(q, p) ? [q] : []))
      for (const q of loop) done.add(q)
      loops.push(loop)
    }
    return loops.sort((a, b) => (this.reaches(a[0] ?? 0, b[0] ?? 0) ? -1 : this.reaches(b[0] ?? 0, a[0] ?? 0) ? 1 : (a[0] ?? 0) - (b[0] ?? 0)))
  }

  /** Whether the loop can be run through in two different ways on the same text. */
  isExponential(loop: readonly number[]): boolean {
    const { next, doubled, sets } = this.automaton
    const size = sets.length
    const inside = new Set(loop)
    const start = (loop[0] ?? 0) * size + (loop[0] ?? 0)
    const seen = new Set([start])
    const backwards = new Map<number, number[]>()
    for (const pair of seen) {
      const x = Math.floor(pair / size)
      const y = pair % size
      for (const x1 of next[x] ?? []) {
        if (!inside.has(x1)) continue
        if (doubled.has(x * size + x1)) return true
        this.budget.spend(next[y]?.length ?? 0)
        for (const y1 of next[y] ?? []) {
          if (!inside.has(y1) || ((sets[x1] ?? 0n) & (sets[y1] ?? 0n)) === 0n) continue
          const pair1 = x1 * size + y1
          seen.add(pair1)
          const sources = backwards.get(pair1)
          if (sources === undefined) backwards.set(pair1, [pair])
          else sources.push(pair)
        }
      }
    }
    // Both readings part, and meet again where they began.
    const returning = new Set([start])
    for (const pair of returning) {
      if (Math.floor(pair / size) !== pair % size) return true
      for (const source of backwards.get(pair) ?? []) returning.add(source)
    }
    return false
  }

  /**
   * Whether some text can be read wholly in the first loop, wholly in the second, or by passing from one to the other: then
   * there are as many readings of its repetition as there are repetitions.
   */
  isAmbiguousBetween(from: readonly number[], to: readonly number[]): boolean {
    const p = from[0] ?? 0
    return to.some((q) => this.reaches(p, q) && this.#passes(p, q, new Set(from), new Set(to)))
  }

  #passes(p: number, q: number, from: ReadonlySet<number>, to: ReadonlySet<number>): boolean {
    const { next, sets } = this.automaton
    const size = sets.length
    const target = (p * size + q) * size + q
    const seen = new Set([(p * size + p) * size + q])
    for (const triple of seen) {
      const z = triple % size
      const y = Math.floor(triple / size) % size
      const x = Math.floor(triple / size / size)
      for (const x1 of next[x] ?? []) {
        if (!from.has(x1)) continue
        for (const z1 of next[z] ?? []) {
          const common = (sets[x1] ?? 0n) & (sets[z1] ?? 0n)
          if (common === 0n || !to.has(z1)) continue
          this.budget.spend(next[y]?.length ?? 0)
          for (const y1 of next[y] ?? []) {
            if ((common & (sets[y1] ?? 0n)) !== 0n) seen.add((x1 * size + y1) * size + z1)
          }
        }
      }
      if (seen.has(target)) return true
    }
    return false
  }
}

/** The largest number of ambiguous passages between loops that one reading can make. */
function longestChain(graph: Graph): number {
  const chains: number[] = []
  for (const [index, loop] of graph.loops.entries()) {
    let longest = 0
    for (let earlier = 0; earlier < index; earlier++) {
      const before = graph.loops[earlier] ?? []
      if (!graph.reaches(before[0] ?? 0, loop[0] ?? 0)) continue
      const passages = (chains[earlier] ?? 0) + (graph.isAmbiguousBetween(before, loop) ? 1 : 0)
      longest = Math.max(longest, passages)
    }
    chains.push(longest)
  }
  return Math.max(...chains)
}

/**
 * Loops are not all: `a?a?a?…aaa` has none, and still has a binomial number of readings. Counts the readings of one character
 * repeated, for each kind of character that the expression tells apart.
 */
function hasManyPaths(automaton: RegexAutomaton, budget: Budget): boolean {
  const { sets, first, next } = automaton
  const kinds = new Set(sets.map((set) => set & -set))
  for (const kind of kinds) {
    let counts = new Float64Array(sets.length)
    for (const p of first) if (((sets[p] ?? 0n) & kind) !== 0n) counts[p] = (counts[p] ?? 0) + 1
    for (let length = 1; length < 40; length++) {
      const after = new Float64Array(sets.length)
      for (let p = 0; p < sets.length; p++) {
        const count = counts[p] ?? 0
        if (count === 0) continue
        budget.spend(next[p]?.length ?? 0)
        for (const q of next[p] ?? []) if (((sets[q] ?? 0n) & kind) !== 0n) after[q] = (after[q] ?? 0) + count
      }
      counts = after
      if (counts.reduce((sum, count) => sum + count, 0) > 5000) return true
    }
  }
  return false
}
