import { Readable } from 'node:stream'

const PART = 64 * 1024

/** A long text as a stream: at once it would be encoded and copied to the socket in one turn of the loop that also serves requests. */
export function inParts(text: string): string | Readable {
  return text.length <= PART ? text : Readable.from(partsOf(text), { highWaterMark: 1 })
}

function* partsOf(text: string): Generator<string, void, undefined> {
  let start = 0
  while (start < text.length) {
    let end = start + PART
    // Half of a character would be encoded as something else.
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end++
    yield text.slice(start, end)
    start = end
  }
}
