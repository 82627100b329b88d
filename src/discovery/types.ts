import type { Clock, Random } from '../plugin-api/index.ts'

/** One instance of a service, as its registry tells it. */
export interface Instance {
  /** `http://host:port` or `https://host:port`, default ports left out; what makes two instances the same. */
  readonly origin: string
  /** Integer from 0 (no new requests) to 1000. */
  readonly weight: number
  readonly zone: string | null
  readonly tags: readonly string[]
}

/** An entry of a registry's answer that cannot be used. It never costs the other entries anything. */
export interface SkippedEntry {
  /** What the registry calls it. */
  readonly entry: string
  readonly reason: string
}

/** The whole list of a service's usable instances at one moment. */
export interface Answer {
  readonly instances: readonly Instance[]
  readonly skipped: readonly SkippedEntry[]
  /** The registry has lost its memory, so that what is missing may only not have come back yet. */
  readonly refilling?: boolean
}

/** Who follows a service. Nothing is told any more after `Source.stop`. */
export interface Observer {
  /** Told for every answer, equal ones too: each says that the knowledge is fresh. */
  onAnswer(answer: Answer): void
  /** The registry could not be asked, or said something that is no answer. The source tries again by itself. */
  onFailure(error: Error): void
}

/** One service that is being followed. */
export interface Source {
  /** Asks for the whole list again at once; an answer or a failure follows. */
  refresh(): void
  stop(): void
}

/** A registry, or whatever else tells addresses. One object for all services that are looked up in the same place. */
export interface Provider<Query> {
  /** Follows a service from now on; never throws. The first answer or failure comes later than this returns. */
  watch(query: Query, observer: Observer): Source
  /** Closes what services share. Sources have been stopped before. */
  close(): void
}

export interface ProviderDeps {
  readonly clock: Clock
  readonly random: Random
  /** For what an operator should change although everything works. */
  readonly warn?: (message: string) => void
}
