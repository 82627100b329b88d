import { Type } from 'typebox'

export interface Page {
  limit: number
  offset: number
}

/** The query members of every list. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0 })
}

/** One page of a list; `total` counts what matches on all pages. */
export interface Listed<T> extends Page {
  items: T[]
  total: number
}
