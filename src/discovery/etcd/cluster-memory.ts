import type { Header } from './messages.ts'

/** What was known of the cluster when a question was asked. */
export interface Mark {
  readonly clusterId: string | null
  readonly revision: number
  readonly losses: number
}

/**
 * Notices a cluster that lost its data. A linearizable read never sees a lower revision than one that was told before it began (etcd.io/docs,
 * "KV API guarantees"), so that a lower one, or another cluster, is what a restart without the data looks like.
 */
export class ClusterMemory {
  #mark: Mark = { clusterId: null, revision: 0, losses: 0 }

  /** To be taken when a question is asked: answers to several of them may overtake each other. */
  get mark(): Mark {
    return this.#mark
  }

  /** The header of the answer to a question that was asked at `since`. */
  learn({ clusterId, revision }: Header, since: Mark): void {
    // Somebody else has noticed meanwhile.
    if (since.losses !== this.#mark.losses) return
    const isLost = revision < since.revision || (since.clusterId !== null && clusterId !== since.clusterId)
    if (isLost) this.#mark = { clusterId, revision, losses: since.losses + 1 }
    else this.#mark = { clusterId, revision: Math.max(revision, this.#mark.revision), losses: since.losses }
  }

  /** A revision that a watch told, which began when there had been so many losses. A member that is behind may tell a low one. */
  raise(revision: number, losses: number | null): void {
    if (losses === this.#mark.losses) this.#mark = { ...this.#mark, revision: Math.max(revision, this.#mark.revision) }
  }
}
