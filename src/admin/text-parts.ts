import { Readable } from 'node:stream'
import { nextTurn } from '../system/turn.ts'

/** A text of one part as it is, a longer one as a stream: at once it would be made, encoded and copied to the socket in one turn of the loop that also serves requests. */
export function inTurns(parts: Iterable<string>): string | Readable {
  const rest = parts[Symbol.iterator]()
  const first = rest.next()
  if (first.done === true) return ''
  const second = rest.next()
  return second.done === true ? first.value : Readable.from(partByPart(first.value, second.value, rest), { highWaterMark: 1 })
}

async function* partByPart(first: string, second: string, rest: Iterator<string>): AsyncGenerator<string, void, undefined> {
  yield first
  for (let next: IteratorResult<string> = { value: second }; next.done !== true; next = rest.next()) {
    await nextTurn()
    yield next.value
  }
}
