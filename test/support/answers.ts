/** One answer in a text that a connection brought, as a client reads it. */
export interface ReadAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * Takes all answers apart that a connection brought (RFC 9112 section 6.3); interim ones are left out. An answer to HEAD has no content
 * whatever its fields say: the next answer, or the end, follows its head.
 * @throws Error for anything that is no answer. The last one may be cut off.
 */
export function readAnswers(text: string): ReadAnswer[] {
  const answers: ReadAnswer[] = []
  let rest = text
  while (rest !== '') {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n:]+: ?[^\r\n]*\r\n)*\r\n/.exec(rest)
    if (head === null) throw new Error(`not an answer: ${JSON.stringify(rest.slice(0, 200))}`)
    const status = Number(head[1])
    rest = rest.slice(head[0].length)
    if (status < 200) continue
    const { body, length } = readBody(head[0], rest)
    answers.push({ status, contentType: /\r\ncontent-type: ([^\r\n]*)/i.exec(head[0])?.[1] ?? '', body })
    rest = rest.slice(length)
  }
  return answers
}

function readBody(head: string, rest: string): { readonly body: string; readonly length: number } {
  if (rest === '' || rest.startsWith('HTTP/1.1 ')) return { body: '', length: 0 }
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) return readChunks(rest)
  const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? rest.length)
  return { body: rest.slice(0, length), length }
}

function readChunks(text: string): { readonly body: string; readonly length: number } {
  let body = ''
  let at = 0
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(text.slice(at, at + 20))
    if (size === null) return { body, length: text.length }
    const count = Number.parseInt(size[1] as string, 16)
    at += size[0].length
    body += text.slice(at, at + count)
    at += count + 2
    if (count === 0) return { body, length: at }
  }
}
