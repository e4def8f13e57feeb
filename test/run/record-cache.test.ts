import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RecordCache } from '../../electron/engine/run/record-cache.ts'
import type { StoredRun } from '../../electron/engine/run/index.ts'
import { tempFolder } from '../support/temp-folder.ts'

const record = (state: StoredRun['state'], seq: number) => ({ id: 'a', state, seq }) as StoredRun

describe('RecordCache', () => {
  it('reads a record of an ended run once, and again when its file was replaced', async () => {
    const file = join(await tempFolder(), 'run.json')
    const cache = new RecordCache()
    let loads = 0
    const read = (state: StoredRun['state']) => cache.read('a', file, async () => record(state, ++loads))
    await writeFile(file, 'one')
    await read('succeeded')
    expect((await read('succeeded')).seq).toBe(1)
    // As a run replaces its record: a new file under the old name, of the same size.
    await writeFile(`${file}.new`, 'two')
    await rename(`${file}.new`, file)
    expect((await read('failed')).seq).toBe(2)
    expect((await read('failed')).seq).toBe(2)
  })

  it('reads the record of a run that goes on each time, and one that cannot be read too', async () => {
    const file = join(await tempFolder(), 'run.json')
    const cache = new RecordCache()
    let loads = 0
    await writeFile(file, 'one')
    for (const state of ['running', 'paused', 'cancelling'] as const)
      await cache.read('a', file, async () => record(state, ++loads))
    expect(loads).toBe(3)
    const broken = () => cache.read('a', file, () => Promise.reject(new Error(`${++loads}`)))
    await expect(broken()).rejects.toThrow('4')
    await expect(broken()).rejects.toThrow('5')
  })
})
