/**
 * All that a configuration is compiled from, but for the code of its plugins, as it was read at one moment: whoever compiles it gets the same
 * plan, whatever has become of the files since. Plain, so that it can be a message.
 */
export interface ConfigSnapshot {
  /** Absolute. */
  readonly file: string
  /** As issues name the file. */
  readonly displayName: string
  readonly text: string
  readonly env: Readonly<Record<string, string>>
  /** The files that the text refers to, by absolute path. */
  readonly reads: Readonly<Record<string, FileRead>>
}

export type FileRead = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }
