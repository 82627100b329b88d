// What the programs of contestants share: they read what they have to do, and tell what they use.
import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import type { Setup } from '../contestants/types.ts'

export function readSetup(): Setup {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Setup
}

/** Tells the parent how much CPU has been used whenever it asks, and ends with it. */
export function obeyParent(): void {
  process.on('message', () => process.send?.({ cpu: process.cpuUsage() }))
  process.on('disconnect', () => process.exit(0))
}

/** Clients keep their connections for as long as they do with the gateway; Node's own 5 s would end idle ones. */
export const KEEP_ALIVE_MS = 72_000

export function tlsOptions({ tls }: Setup): ServerOptions | null {
  return tls === null ? null : { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) }
}
