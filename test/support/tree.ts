import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { MiB } from '../../shared/units.ts'

export const isRoot = process.getuid?.() === 0

/** Bytes that no compressor can shorten, the same for the same seed. */
export function noise(size: number, seed = 'noise'): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0) | 1
  for (let at = 0; at < size; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    if (at + 4 <= size) bytes.writeInt32LE(state, at)
    else bytes.fill(state & 0xff, at)
  }
  return bytes
}

/** Names that trip programs; each as the bytes of one path element. */
export const oddNames: readonly Buffer[] = [
  Buffer.from('line\nbreak'),
  Buffer.from('carriage\rreturn'),
  Buffer.from('tab\there'),
  Buffer.from('back\\slash'),
  Buffer.from('quotes \'single\' "double" `back`'),
  Buffer.from('-rf'),
  Buffer.from(' leading and trailing '),
  Buffer.from('dollar $HOME *?[a]{b}'),
  Buffer.from('line\u2028separator'),
  Buffer.from('smørrebrød ☕ 🜁'),
  Buffer.from('e\u0301 decomposed'),
  Buffer.from('\u00e9 composed'),
  Buffer.from([0x6c, 0x61, 0x74, 0x69, 0x6e, 0xe9]),
  Buffer.from([0xff, 0xfe, 0x80]),
  Buffer.from('n'.repeat(255)),
  Buffer.from('ü'.repeat(127) + 'x'),
]

const under = (folder: string, name: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)])

/** Files and folders with odd names, and paths longer than a plain tar header holds. */
export function makeOddNames(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [index, name] of oddNames.entries()) {
    writeFileSync(under(folder, name), `content ${index}`)
    const sub = Buffer.concat([name.subarray(0, 250), Buffer.from('.d')])
    mkdirSync(under(folder, sub))
    writeFileSync(Buffer.concat([under(folder, sub), Buffer.from('/inside')]), `inside ${index}`)
  }
  let deep = `${folder}/deep`
  for (const letter of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) deep += `/${letter.repeat(60)}`
  mkdirSync(deep, { recursive: true })
  writeFileSync(`${deep}/file`, 'at the end of a long path')
}

/**
 * Everything a file system of Linux holds: links of all kinds, holes, odd sizes, times and modes; as root also
 * devices, owners without a name and setuid. Extended attributes come separately: they need tools.
 */
export async function makeOddKinds(folder: string): Promise<void> {
  mkdirSync(`${folder}/empty folder`, { recursive: true })
  mkdirSync(`${folder}/sub`)
  writeFileSync(`${folder}/empty file`, '')
  writeFileSync(`${folder}/one byte`, 'x')
  writeFileSync(`${folder}/512 bytes`, Buffer.alloc(512, 'y'))
  writeFileSync(`${folder}/exactly 8 MiB`, noise(8 * MiB, '8'))
  writeSparse(`${folder}/sparse`, 3 * MiB, [[MiB, 'island']])
  writeSparse(`${folder}/only a hole`, 2 * MiB, [])
  writeFileSync(`${folder}/first name`, 'several names')
  linkSync(`${folder}/first name`, `${folder}/second name`)
  linkSync(`${folder}/first name`, `${folder}/sub/third name`)
  symlinkSync('first name', `${folder}/link`)
  symlinkSync('sub', `${folder}/link to folder`)
  symlinkSync('nowhere/at all', `${folder}/dangling`)
  symlinkSync(`../${'t'.repeat(197)}`, `${folder}/link of 200`)
  symlinkSync(Buffer.from([0x2e, 0x2f, 0xff]), `${folder}/link to no text`)
  execFileSync('mkfifo', [`${folder}/fifo`])
  await leaveSocket(`${folder}/socket`)
  for (const [name, mode] of [
    ['setuid', 0o4755],
    ['setgid', 0o2750],
    ['no permissions', 0o000],
    ['all', 0o777],
  ] as const) {
    writeFileSync(`${folder}/${name}`, name)
    chmodSync(`${folder}/${name}`, mode)
  }
  mkdirSync(`${folder}/sticky`)
  chmodSync(`${folder}/sticky`, 0o1777)
  for (const [name, time] of [
    ['before 1970', '@-86400.5'],
    ['nanoseconds', '@1700000000.123456789'],
    ['far future', '@9999999999.000000001'],
  ] as const) {
    writeFileSync(`${folder}/${name}`, name)
    execFileSync('touch', ['-d', time, `${folder}/${name}`])
  }
  lutimesSync(`${folder}/link`, 1_000_000_000, 1_000_000_000)
  if (isRoot) {
    execFileSync('mknod', [`${folder}/char device`, 'c', '1', '3'])
    writeFileSync(`${folder}/owner without a name`, 'x')
    chownSync(`${folder}/owner without a name`, 2_500_001, 2_500_002)
  }
  utimesSync(`${folder}/empty folder`, 1_600_000_000, 1_600_000_000)
}

/** A file of `size` bytes that is nothing but holes around `islands` (offset and text). */
export function writeSparse(
  path: string,
  size: number,
  islands: readonly (readonly [number, string])[],
): void {
  const fd = openSync(path, 'w')
  try {
    ftruncateSync(fd, size)
    for (const [at, text] of islands) writeSync(fd, text, at)
  } finally {
    closeSync(fd)
  }
}

/** A socket that stays when nobody listens on it any more, as a crashed program leaves it. */
async function leaveSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  try {
    execFileSync(process.execPath, ['-e', script, path])
  } catch {
    // It has killed itself, so that the socket is not removed.
  }
}

/** Listens on a socket in the tree until closed; for sources that live. */
export async function openSocket(path: string): Promise<() => Promise<void>> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(path, resolve))
  const client = connect(path)
  return async () => {
    client.destroy()
    await new Promise(resolve => server.close(resolve))
  }
}

/** `count` small files in folders of 100, with text of `bytes` bytes each. */
export function makeManyFiles(folder: string, count: number, bytes: (index: number) => number): void {
  for (let i = 0; i < count; i++) {
    const sub = `${folder}/${String(Math.floor(i / 100)).padStart(4, '0')}`
    if (i % 100 === 0) mkdirSync(sub, { recursive: true })
    writeFileSync(`${sub}/file-${String(i).padStart(6, '0')}.txt`, noise(bytes(i), `file ${i}`))
  }
}

/**
 * What a tree is, one line per thing: path, kind, mode, owner, mtime in ns, size, content hash, link, and which names
 * are one file. Two trees are equal when their lines are. Paths are shown as their bytes.
 * @param without attributes left out of the comparison
 */
export function describeTree(
  folder: string,
  without: readonly ('owner' | 'mtime' | 'folder-mtime')[] = [],
): string[] {
  const lines: string[] = []
  const names = new Map<string, string>()
  const visit = (relative: Buffer) => {
    const full =
      relative.length === 0 ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), relative])
    const stat = lstatSync(full, { bigint: true })
    const shown = JSON.stringify(relative.toString('latin1'))
    if (stat.isSocket()) return
    if (relative.length > 0) {
      const noTime = without.includes('mtime') || (stat.isDirectory() && without.includes('folder-mtime'))
      const parts = [shown, kind(stat), (stat.mode & 0o7777n).toString(8)]
      if (!without.includes('owner')) parts.push(`${stat.uid}:${stat.gid}`)
      if (!noTime) parts.push(String(stat.mtimeNs))
      if (stat.isFile())
        parts.push(String(stat.size), createHash('sha256').update(readFileSync(full)).digest('hex'))
      if (stat.isSymbolicLink()) parts.push(readlinkSync(full, 'latin1'))
      if (stat.isCharacterDevice() || stat.isBlockDevice()) parts.push(String(stat.rdev))
      if (stat.isFile() && stat.nlink > 1n) {
        const key = `${stat.dev}:${stat.ino}`
        const first = names.get(key)
        if (first === undefined) names.set(key, shown)
        parts.push(first === undefined ? 'first name' : `same as ${first}`)
      }
      lines.push(parts.join(' '))
    }
    if (!stat.isDirectory()) return
    const entries = readdirSync(full, { encoding: 'buffer' }) as unknown as Buffer[]
    for (const name of entries.sort((a, b) => a.compare(b)))
      visit(relative.length === 0 ? name : Buffer.concat([relative, Buffer.from('/'), name]))
  }
  visit(Buffer.alloc(0))
  return lines
}

function kind(stat: {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isCharacterDevice(): boolean
}): string {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  return stat.isCharacterDevice() ? 'char' : 'block'
}
