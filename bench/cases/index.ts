import { idle, slow, websocket } from './connections.ts'
import { get, get10k, get1m, post10k, tls } from './http.ts'
import { scale, start } from './lifecycle.ts'
import { routes10, routes1000, routes5000 } from './routes.ts'
import type { Case } from './types.ts'

export const CASES: readonly Case[] = [get, get10k, get1m, post10k, tls, websocket, routes10, routes1000, routes5000, slow, idle, start, scale]
