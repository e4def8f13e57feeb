import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchEntryList } from '../../electron/engine/archive/entry-list-reader.ts'
import type { BackupFile } from '../../electron/engine/archive/manifest.ts'
import { LocalStore } from '../../electron/engine/store/local/local-store.ts'

const canMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.runIf(canMount)('fetchEntryList', () => {
  it('finds room elsewhere when the disk of its folder is full', async () => {
    const root = mkdtempSync(join(tmpdir(), 'drydock-list-'))
    const cache = mkdtempSync(join(root, 'cache-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', cache])
    onTestFinished(() => {
      execFileSync('umount', [cache])
      rmSync(root, { recursive: true })
    })
    const { bavail, bsize } = statfsSync(cache)
    writeFileSync(join(cache, 'filler'), Buffer.alloc(bavail * bsize))
    const list = Buffer.alloc(100_000, 'a list')
    writeFileSync(join(root, 'x.entries.jsonl.zst'), list)
    const sha256 = createHash('sha256').update(list).digest('hex')
    const entries = { name: 'x.entries.jsonl.zst', size: list.length, sha256, count: 1, files: 1 }
    const file: Partial<BackupFile> = { entries }
    const store = new LocalStore({
      type: 'local',
      name: 'here',
      added: '2026-11-20T00:00:00Z',
      learned: {},
      path: root,
    })
    const local = await fetchEntryList(store, file as BackupFile, cache, undefined)
    onTestFinished(() => rmSync(dirname(local), { recursive: true }))
    expect(readFileSync(local)).toEqual(list)
    expect(readdirSync(cache)).toEqual(['filler'])
  })
})
