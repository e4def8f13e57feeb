import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import type { Manifest } from '../../electron/engine/archive/manifest.ts'
import { blockBytes } from '../../electron/engine/archive/compress.ts'

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** A line of a forged entry list: what an honest one would say, and whatever a liar puts in its place. */
export type ForgedEntry = Record<string, unknown>

export type Forgery = {
  plan?: string
  stamp?: string
  /** The content that files lie in, not a tar stream: a reader only asks for ranges. */
  content?: Buffer
  /** Objects become lines; texts are lines as they are. */
  entries: Iterable<ForgedEntry | string>
  head?: Record<string, unknown>
  /** Takes the place of the lines that tell where the blocks lie. */
  blocks?: { block: number; at: number; size: number }[]
  /** Takes the place of the stored bytes of one block. */
  stored?: (block: Buffer, index: number) => Buffer
  /** Changes the finished manifest. */
  manifest?: (honest: Manifest) => unknown
}

export const forgedPoint = 'forged@20260102T030405Z'

/** Writes a point whose hashes are all right and whose entry list says what it is told. */
export function forge(folder: string, forgery: Forgery): string {
  const { plan = 'forged', stamp = '20260102T030405Z', content = Buffer.alloc(0), entries } = forgery
  const stored: Buffer[] = []
  const blocks: { block: number; at: number; size: number }[] = []
  let at = 0
  for (let from = 0; from < content.length; from += blockBytes) {
    const honest = zstdCompressSync(content.subarray(from, from + blockBytes))
    const bytes = forgery.stored?.(honest, blocks.length) ?? honest
    blocks.push({ block: blocks.length, at, size: bytes.length })
    stored.push(bytes)
    at += bytes.length
  }
  const lines: string[] = []
  lines.push(JSON.stringify({ drydockEntries: 1, base: '/srv', paths: ['/srv/x'], ...forgery.head }))
  for (const block of forgery.blocks ?? blocks) lines.push(JSON.stringify(block))
  let count = 0
  for (const entry of entries) {
    lines.push(typeof entry === 'string' ? entry : JSON.stringify(entry))
    count++
  }
  const list = zstdCompressSync(Buffer.from(`${lines.join('\n')}\n`))
  const name = `${plan}_files_${stamp}.tar.zst`
  const whole = Buffer.concat(stored)
  const manifest: Manifest = {
    drydockManifest: 1,
    plan,
    stamp,
    started: '2026-01-02T03:04:05.000Z',
    ended: '2026-01-02T03:04:06.000Z',
    host: 'forger',
    user: 'forger',
    platform: 'linux',
    tool: { name: 'forger', version: '1' },
    run: 'none',
    source: { kind: 'files', base: '/srv', paths: ['/srv/x'], excludes: [] },
    encryption: null,
    files: [
      {
        component: 'files',
        name,
        layout: 'tar',
        compression: 'zstd',
        encryption: null,
        size: whole.length,
        sha256: sha256(whole),
        parts: stored.map(bytes => ({ size: bytes.length, sha256: sha256(bytes) })),
        contentBytes: content.length,
        entries: {
          name: `${plan}_files_${stamp}.entries.jsonl.zst`,
          size: list.length,
          sha256: sha256(list),
          count,
          files: count,
        },
      },
    ],
    problems: 0,
    notKept: [],
    restore: '',
  }
  writeFileSync(join(folder, name), whole)
  writeFileSync(join(folder, manifest.files[0]!.entries.name), list)
  writeFileSync(
    join(folder, `${plan}_${stamp}.manifest.json`),
    JSON.stringify(forgery.manifest?.(manifest) ?? manifest),
  )
  return `${plan}@${stamp}`
}

/** An honest entry; `rest` makes it a lie. */
export const entry = (path: string, rest: ForgedEntry = {}): ForgedEntry => ({
  path,
  kind: 'file',
  size: 0,
  mtime: '1700000000.123456789',
  mode: 0o644,
  uid: 0,
  gid: 0,
  user: '',
  group: '',
  sha256: sha256(''),
  data: 0,
  ...rest,
})

/** An entry of another kind than file. */
export const other = (path: string, kind: string, rest: ForgedEntry = {}): ForgedEntry =>
  entry(path, { kind, sha256: null, mode: kind === 'folder' ? 0o755 : 0o644, ...rest })

/** Content out of named pieces, and an honest entry for each. */
export function pieces(files: Record<string, string | Buffer>): { content: Buffer; entries: ForgedEntry[] } {
  const parts: Buffer[] = []
  let at = 0
  const entries = Object.entries(files).map(([path, text]) => {
    const bytes = Buffer.from(text)
    const made = entry(path, { size: bytes.length, sha256: sha256(bytes), data: at })
    parts.push(bytes)
    at += bytes.length
    return made
  })
  return { content: Buffer.concat(parts), entries }
}
