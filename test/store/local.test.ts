import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LocalStore } from '../../electron/engine/store/local/local-store.ts'
import { identifyMedium, mediumFile } from '../../electron/engine/store/local/medium.ts'
import type { LocalServer } from '../../electron/engine/store/server-record.ts'
import { objectStoreConformance } from '../conformance/object-store.ts'

const record = (path: string, mediumId?: string): LocalServer => ({
  type: 'local',
  name: 'disk',
  added: '2026-11-20T00:00:00Z',
  learned: {},
  path,
  ...(mediumId ? { mediumId } : {}),
})

objectStoreConformance('local disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-local-'))
  return {
    store: new LocalStore(record(folder)),
    reopen: async () => new LocalStore(record(folder)),
    cleanup: () => rm(folder, { recursive: true }),
  }
})

describe('removable medium', () => {
  it('refuses another medium under the same path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drydock-medium-'))
    try {
      const id = await identifyMedium(folder)
      await new LocalStore(record(folder, id)).put('a.bin', Buffer.from('x'))
      await rm(join(folder, mediumFile))
      await expect(new LocalStore(record(folder, id)).stat('a.bin')).rejects.toMatchObject({
        code: 'trust.wrong-medium',
      })
      await identifyMedium(folder)
      await expect(new LocalStore(record(folder, id)).put('b.bin', Buffer.from('x'))).rejects.toMatchObject({
        code: 'trust.wrong-medium',
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('creates the folder when its parent exists, but not when the medium is known and missing', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'drydock-parent-'))
    try {
      await new LocalStore(record(join(parent, 'new'))).put('a.bin', Buffer.from('x'))
      await expect(new LocalStore(record(join(parent, 'no', 'deeper'))).stat('a')).rejects.toMatchObject({
        code: 'remote.no-container',
      })
      const known = record(join(parent, 'stick'), '7f0c5f6e-6a52-4a8b-9d0e-0a1b2c3d4e5f')
      await expect(new LocalStore(known).stat('a')).rejects.toMatchObject({ code: 'remote.no-container' })
    } finally {
      await rm(parent, { recursive: true })
    }
  })
})
