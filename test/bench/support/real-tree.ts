import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { shell } from './shell.ts'

/** Folders of this machine's own software, and the bytes of the tar stream of them all. */
export type RealTree = { paths: string[]; tarBytes: number; files: number }

const least = 1e9
const most = 1.25e9

/** `/usr/share` and the largest folders of `/usr/lib` that fit: 1.0 to 1.25 GB on an ordinary Debian. */
export async function realTree(quick: boolean): Promise<RealTree> {
  if (quick) return await measured(['/usr/share/doc', '/usr/share/man'])
  const paths: string[] = []
  let total = 0
  for (const { path, bytes } of [...(await sizes(['/usr/share'])), ...(await sizes(foldersIn('/usr/lib')))]) {
    if (total >= least || total + bytes > most) continue
    total += bytes
    paths.push(path)
  }
  const tree = await measured(paths)
  if (tree.tarBytes < least)
    throw new Error(`only ${tree.tarBytes} bytes in ${paths.join(', ')}; 1 GB is needed`)
  return tree
}

const foldersIn = (folder: string): string[] =>
  readdirSync(folder)
    .map(name => join(folder, name))
    .filter(path => lstatSync(path).isDirectory())

/** Largest first. */
async function sizes(paths: string[]): Promise<{ path: string; bytes: number }[]> {
  const text = await shell('du -sb -- "$@"', paths)
  return text
    .trim()
    .split('\n')
    .map(line => ({ bytes: Number(line.split('\t')[0]), path: line.split('\t')[1] ?? '' }))
    .toSorted((a, b) => b.bytes - a.bytes)
}

async function measured(paths: string[]): Promise<RealTree> {
  const bytes = await shell('tar cf - -C / "$@" | wc -c', relative(paths))
  const files = await shell('find "$@" -type f | wc -l', paths)
  return { paths, tarBytes: Number(bytes), files: Number(files) }
}

/** As `tar -C /` wants them, or it warns about each. */
export const relative = (paths: readonly string[]): string[] => paths.map(path => path.slice(1))
