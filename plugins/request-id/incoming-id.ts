// Short and without separators, so that it can stand in a log line, a header field and a URL as it is.
const ID = /^[\w.:~-]{1,128}$/

/** The client's id when it may be used, else null. A repeated field is none: Node hands it over joined by `, `. */
export function acceptIncomingId(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' && ID.test(value) ? value : null
}
