/** The version that the field asks for, the newest without a field, or null when it is not supported. */
export function chooseVersion(field: string | readonly string[] | undefined, supported: readonly number[]): number | null {
  if (field === undefined) return Math.max(...supported)
  return supported.find((version) => String(version) === field) ?? null
}
