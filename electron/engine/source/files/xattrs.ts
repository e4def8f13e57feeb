import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RawPath } from '../../archive/raw-path.ts'
import type { Roots } from './roots.ts'

export type Xattrs = {
  /** By path relative to the base; values in base64. */
  xattrs: Map<RawPath, Record<string, string>>
  /** What is not kept, in words. */
  notKept: string[]
}

const run = promisify(execFile)

/** Labels are the machine's, not the file's: the restored machine gives its own. */
const kept = '^(user\\.|trusted\\.|security\\.capability|system\\.posix_acl_(access|default))'

/** More output than this means a tree labelled file by file; it would not fit into memory. */
const maxOutput = 64 * 1024 * 1024

/**
 * Extended attributes of a tree, ACLs among them, by the system's `getfattr`: the runtime has no call for them. Where
 * that is missing they are named as not kept.
 */
export async function readXattrs(roots: Roots, signal: AbortSignal): Promise<Xattrs> {
  const none = (why: string): Xattrs => ({
    xattrs: new Map(),
    notKept: [`extended attributes and ACLs (${why})`],
  })
  if (process.platform !== 'linux') return none(`not read on ${process.platform}`)
  const folder = roots.base === '' ? '/' : roots.base
  const paths = roots.roots.map(path => `./${Buffer.from(path, 'latin1').toString('utf8')}`)
  try {
    const { stdout } = await run(
      'getfattr',
      ['-R', '-P', '-h', '-d', '-m', kept, '-e', 'base64', '--', ...paths],
      {
        cwd: folder,
        encoding: 'latin1',
        maxBuffer: maxOutput,
        signal,
        env: { ...process.env, LC_ALL: 'C' },
      },
    )
    return { xattrs: parse(stdout), notKept: [] }
  } catch (err) {
    signal.throwIfAborted()
    const { code, stdout } = err as { code?: string | number; stdout?: string }
    if (code === 'ENOENT') return none('the system’s getfattr is not installed')
    if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return none('too many of them')
    // Status 1: some file vanished or could not be asked; what was read counts.
    return { xattrs: parse(stdout ?? ''), notKept: [] }
  }
}

/** `# file: PATH`, then `name=0sBASE64` lines, then an empty one. Odd bytes of a path come as `\ooo`. */
function parse(text: string): Map<RawPath, Record<string, string>> {
  const found = new Map<RawPath, Record<string, string>>()
  let current: Record<string, string> | null = null
  for (const line of text.split('\n')) {
    const file = /^# file: (?:\.\/)?(.*)$/s.exec(line)
    if (file) {
      current = {}
      found.set(unescaped(file[1] ?? ''), current)
      continue
    }
    // An attribute without a value has no `=` either.
    const attribute = /^([^=]+)(?:=0s([A-Za-z0-9+/=]*))?$/s.exec(line)
    if (attribute?.[1] && current) current[unescaped(attribute[1])] = attribute[2] ?? ''
  }
  return found
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
