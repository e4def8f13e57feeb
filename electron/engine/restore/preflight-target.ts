import { constants, realpathSync } from 'node:fs'
import { access, lstat, readdir, realpath, stat, statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'

/** What stands where a restore is to write. */
export type TargetFacts = {
  /** As asked for. */
  path: string
  state: 'empty' | 'filled' | 'absent' | 'no-folder' | 'no-access' | 'no-path'
  /** What `node:fs` said to it. */
  detail: string | null
  /** The folder it will be made in, when it is absent. */
  within: string
  /** Why nothing should be written there, and whether it must not. */
  danger: { reason: string; forbidden: boolean } | null
  free: number | null
  foldsCase: boolean
  /** Changes when somebody else changes something at the top of it. */
  mark: string
}

/** Folders that hold the machine itself: written to only by who knows what they do. */
const systemFolders = [
  ...['/bin', '/boot', '/etc', '/lib', '/lib32', '/lib64', '/opt', '/root', '/sbin', '/srv', '/usr', '/var'],
  ...['/Applications', '/Library', '/System', '/private/etc', '/private/var'],
]
/** What lies in these counts as the machine too, at any depth. */
const systemTrees = [
  '/bin',
  '/boot',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/sbin',
  '/usr',
  '/System',
  '/Library',
]
/** Not on any disk. */
const noDisk = ['/dev', '/proc', '/sys']
/** Where a vendor's own tool keeps its backups: nothing of ours goes there. */
const vendorFolders = ['dcrepository', 'drrepository']

/**
 * Looks at a target, and writes nothing.
 * @param never folders that hold Drydock's own things: its state, servers on this machine
 */
export async function lookAtTarget(path: string, never: readonly string[]): Promise<TargetFacts> {
  const facts: TargetFacts = {
    path,
    state: 'absent',
    detail: null,
    within: path,
    danger: null,
    free: null,
    foldsCase: false,
    mark: 'absent',
  }
  if (!isAbsolute(path) || path.includes('\0')) return { ...facts, state: 'no-path' }
  const target = resolve(path)
  try {
    const there = await stat(target).catch((err: unknown) => {
      if (codeOf(err) === 'ENOENT') return null
      throw err
    })
    if (there && !there.isDirectory()) return { ...facts, state: 'no-folder' }
    if (there) facts.mark = `${there.dev}:${there.ino}:${there.mtimeMs}`
    else if (await lstat(target).catch(() => null))
      return { ...facts, state: 'no-folder', detail: 'a link that leads nowhere' }
    facts.within = there ? target : await nearestFolder(target)
    const names = there ? await readdir(target) : []
    facts.state = there ? (names.length > 0 ? 'filled' : 'empty') : 'absent'
    const real = resolve(await realpath(facts.within), relative(facts.within, target))
    facts.danger = await dangerOf(target, real, names, never)
    await access(facts.within, constants.W_OK | constants.X_OK)
    const { bavail, bsize, type } = await statfs(facts.within)
    facts.free = bavail * bsize
    facts.foldsCase = await foldsCase(facts.within, type)
    return facts
  } catch (err) {
    const code = codeOf(err)
    return { ...facts, state: code === 'ENOTDIR' ? 'no-folder' : 'no-access', detail: code }
  }
}

/** The nearest folder above that is there. */
async function nearestFolder(target: string): Promise<string> {
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    const there = await stat(folder).catch((err: unknown) => {
      if (codeOf(err) === 'ENOENT' && dirname(folder) !== folder) return null
      throw err
    })
    if (there?.isDirectory()) return folder
    if (there) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
  }
}

async function dangerOf(
  target: string,
  real: string,
  names: readonly string[],
  never: readonly string[],
): Promise<TargetFacts['danger']> {
  const forbidden = (reason: string) => ({ reason, forbidden: true })
  const delicate = (reason: string) => ({ reason, forbidden: false })
  for (const path of [target, real]) {
    if (dirname(path) === path) return forbidden('this is the root of the whole machine')
    if (noDisk.some(folder => isWithin(path, folder))) return forbidden('this is no place on a disk')
    for (const own of never.flatMap(folder => [resolve(folder), realOf(folder)]))
      if (isWithin(path, own)) return forbidden(`Drydock keeps its own things in ${own}`)
    const vendor =
      path.split('/').find(name => vendorFolders.includes(name)) ??
      names.find(name => vendorFolders.includes(name))
    if (vendor !== undefined) return forbidden(`a vendor’s own tool keeps its backups in ${vendor}`)
  }
  for (const path of [target, real]) {
    if (path === resolve(homedir())) return delicate('this is your home folder itself')
    if (systemFolders.includes(path) || systemTrees.some(folder => isWithin(path, folder)))
      return delicate(`${path} belongs to the system itself`)
  }
  return null
}

/** Types of file systems that take upper and lower case for the same, as Linux numbers them: FAT, exFAT, NTFS, SMB. */
const foldingTypes = [0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0xff534d42, 0xfe534d42]

/** Told without writing anything: by the kind of file system, or by a name that is found in another case as well. */
async function foldsCase(folder: string, type: number): Promise<boolean> {
  if (process.platform === 'linux' && foldingTypes.includes(type)) return true
  for (const name of (await readdir(folder)).slice(0, 20)) {
    const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()
    if (other === name) continue
    const [first, second] = await Promise.all([look(join(folder, name)), look(join(folder, other))])
    if (first) return first === second
  }
  return process.platform === 'win32' || process.platform === 'darwin'
}

const look = (path: string): Promise<string | null> =>
  lstat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => null,
  )

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

const codeOf = (err: unknown): string => (err as NodeJS.ErrnoException).code ?? String(err)
