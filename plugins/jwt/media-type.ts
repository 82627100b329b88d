/** RFC 7515 section 4.1.9: `application/` may be left out where no other slash follows; RFC 2045: case does not matter. */
export function mediaType(text: string): string {
  const lower = text.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}
