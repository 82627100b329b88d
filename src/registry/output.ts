export const MAX_OUTPUT_BYTES = 4096

/** The output of a check as far as it is kept; the limit is Consul's. */
export function cutOutput(output: string): string {
  const bytes = Buffer.from(output)
  if (bytes.length <= MAX_OUTPUT_BYTES) return output
  return `${bytes.toString('utf8', 0, MAX_OUTPUT_BYTES)} ... (captured ${MAX_OUTPUT_BYTES} of ${bytes.length} bytes)`
}
