/** What the origin answers, by the last segment of the path. */
export const ANSWERS: Readonly<Record<'small' | '10k' | '1m' | 'health', { readonly type: string; readonly body: Buffer }>> = {
  small: json({ id: 'p-1', name: 'Brass lantern', description: 'Burns six hours on one filling', priceCents: 3490 }),
  '10k': { type: 'application/octet-stream', body: bytes(10 * 1024) },
  '1m': { type: 'application/octet-stream', body: bytes(1024 * 1024) },
  health: json({ status: 'up' })
}

function json(value: object): { readonly type: string; readonly body: Buffer } {
  return { type: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(value)) }
}

/** All values, in an order that shows when a piece is missing or twice. */
function bytes(length: number): Buffer {
  const all = Buffer.alloc(length)
  for (let i = 0; i < length; i++) all[i] = (i * 31 + (i >> 8)) & 255
  return all
}
