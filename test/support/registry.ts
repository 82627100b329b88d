import type { Answer, Instance, Observer, Provider, Source } from '../../src/discovery/types.ts'

/** An instance with nothing special about it. */
export function instance(port: number, more: Partial<Instance> = {}): Instance {
  return { origin: `http://127.0.0.1:${port}`, weight: 1, zone: null, tags: [], ...more }
}

/** A source that says what the test wants. */
export class ScriptedSource implements Source {
  refreshes = 0
  stopped = false
  observer: Observer | null = null

  /** To be given to a watch as its `start`. */
  readonly start = (observer: Observer): Source => {
    this.observer = observer
    return this
  }

  answer(instances: readonly Instance[], more: Partial<Answer> = {}): void {
    this.observer?.onAnswer({ instances, skipped: [], ...more })
  }

  fail(reason: string): void {
    this.observer?.onFailure(new Error(reason))
  }

  refresh(): void {
    this.refreshes++
  }

  stop(): void {
    this.stopped = true
  }
}

/** A provider whose sources the test drives; by query, in the order of their watches. */
export function scriptedProvider<Query>(): Provider<Query> & { readonly sources: ScriptedSource[]; closed: boolean } {
  const sources: ScriptedSource[] = []
  return {
    sources,
    closed: false,
    watch(_query, observer) {
      const source = new ScriptedSource()
      sources.push(source)
      return source.start(observer)
    },
    close() {
      this.closed = true
    }
  }
}
