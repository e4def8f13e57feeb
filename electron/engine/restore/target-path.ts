import type { RawPath } from '../archive/raw-path.ts'
import { rawToText } from '../archive/raw-path.ts'

/**
 * Which entry paths may be written below a target at all. An entry path is input from a stranger: whoever could write
 * to the server could have put anything there.
 * @returns why the path is refused, in words; null when every component is a plain name on this platform
 */
export function unsafeReason(path: RawPath, platform: NodeJS.Platform): string | null {
  if (path === '') return 'an empty path'
  if (path.length > 32 * 1024) return 'a path too long for any system'
  if (path.startsWith('/')) return 'an absolute path'
  const components = path.split('/')
  if (components.length > 4096) return 'too many folders in folders'
  for (const name of components) {
    const reason = unsafeName(name, platform)
    if (reason) return reason
  }
  return null
}

function unsafeName(name: string, platform: NodeJS.Platform): string | null {
  if (name === '') return 'an empty name in the path'
  if (name === '.' || name === '..') return `${name} in the path`
  if (name.includes('\0')) return 'a zero byte in the name'
  if (name.length > 255 && platform !== 'win32') return 'a name over 255 bytes'
  return platform === 'win32' ? unsafeOnWindows(name) : null
}

/** Names that Windows takes for a device, a stream or another file; also with an extension (Naming Files, MSDN). */
const devices = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])$/i

function unsafeOnWindows(raw: string): string | null {
  const name = rawToText(raw)
  if (name === null) return 'a name that is not UTF-8'
  if (name.includes('\\')) return 'a backslash in the name'
  if (name.includes(':')) return 'a colon in the name (a drive or a stream)'
  if (/[<>"|?*\u0001-\u001f]/.test(name)) return 'a character that Windows does not take'
  if (/[. ]$/.test(name)) return 'a dot or a space at the end of the name'
  if (devices.test(name.split('.')[0]!.trimEnd())) return 'the name of a device'
  if (name.length > 255) return 'a name over 255 characters'
  return null
}

/** What two names have in common that a file system takes for one: its form of Unicode and its case are folded away. */
export function collisionKey(path: RawPath): string {
  return (rawToText(path) ?? path).normalize('NFC').toLowerCase().toUpperCase().normalize('NFC')
}
