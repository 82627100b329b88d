/**
 * One spelling for texts that look alike: what two keyboards make of one password must be one password (RFC 7617 section 2.1 by way of the
 * OpaqueString profile, RFC 8265 section 4.2.2).
 */
export const prepareText = (text: string): string => text.normalize('NFC')

/** RFC 7617 section 2: neither user names nor passwords have them. */
// oxlint-disable-next-line no-control-regex
export const hasControlCharacters = (text: string): boolean => /[\x00-\x1f\x7f]/.test(text)
