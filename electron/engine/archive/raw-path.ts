/**
 * Paths are bytes on the systems we back up; not every one is UTF-8. Inside the engine a path is a *raw* string:
 * one char per byte (latin1). It compares and sorts as bytes do, and costs a byte per byte. `/` separates.
 */
export type RawPath = string & { readonly raw?: unique symbol }

export const rawFromBuffer = (bytes: Uint8Array): RawPath =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
export const rawFromText = (text: string): RawPath =>
  isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
/** For calls of `node:fs`, which take the bytes as they are. */
export const rawToBuffer = (path: RawPath): Buffer => Buffer.from(path, 'latin1')

/** The same as cheaply as it comes: for most paths the text is the bytes. */
export const rawToFs = (path: RawPath): Buffer | string => (isAscii(path) ? path : rawToBuffer(path))

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The path as text, or null when its bytes are not UTF-8. */
export function rawToText(path: RawPath): string | null {
  if (isAscii(path)) return path
  try {
    return strict.decode(rawToBuffer(path))
  } catch {
    return null
  }
}

/** For people: bytes that are not UTF-8 become replacement marks, control characters are made visible. */
export function rawToDisplay(path: RawPath): string {
  return rawToBuffer(path)
    .toString('utf8')
    .replace(
      /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
      c => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`,
    )
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** How JSON carries a path: as text, or as base64 of its bytes when they are not UTF-8. */
export function pathFields(path: RawPath): { path: string } | { pathBase64: string } {
  const text = rawToText(path)
  return text === null ? { pathBase64: rawToBuffer(path).toString('base64') } : { path: text }
}

export function pathFromFields(fields: {
  path?: string | undefined
  pathBase64?: string | undefined
}): RawPath {
  if (fields.pathBase64 !== undefined) return Buffer.from(fields.pathBase64, 'base64').toString('latin1')
  return rawFromText(fields.path ?? '')
}
