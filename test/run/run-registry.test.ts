import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoredRun } from '../../electron/engine/run/index.ts'
import { RunRegistry, isRunId, startRun } from '../../electron/engine/run/index.ts'
import { newRunId } from '../../electron/engine/run/run-id.ts'
import { thisProcess } from '../../electron/engine/state/process-identity.ts'
import { tempFolder } from '../support/temp-folder.ts'

const request = { kind: 'backup', about: 'docs → nas', options: { paths: ['/a'] } } as const
const finished = async (registry: RunRegistry) =>
  await (
    await startRun(registry, request, async () => ({ outcome: 1 }))
  ).done

async function edit(registry: RunRegistry, id: string, change: (record: StoredRun) => object): Promise<void> {
  const file = join(registry.folderOf(id), 'run.json')
  const record = JSON.parse(await readFile(file, 'utf8')) as StoredRun
  await writeFile(file, JSON.stringify({ ...record, ...change(record) }))
}

describe('newRunId', () => {
  it('sorts by time and is a name that every file system takes', () => {
    const ids = [0, 1, 32, 999, 1000, 1e12, 1e12 + 7, 1e12 + 40, 1.8e12].map(ms => newRunId(ms))
    expect(ids.toSorted()).toEqual(ids)
    for (const id of ids) expect(isRunId(id)).toBe(true)
    expect(newRunId(Date.UTC(2026, 10, 20, 9, 57, 28, 37), () => Uint8Array.of(0, 31, 33, 255))).toBe(
      '20261120T095728Z-150z1z',
    )
  })

  it.each(['', '..', '20261120T095728Z', '20261120T095728Z-K3F7', '20261120T095728Z-k3f7/..'])(
    'refuses %j',
    text => {
      expect(isRunId(text)).toBe(false)
    },
  )
})

describe('RunRegistry', () => {
  it('is empty before the first run', async () => {
    expect(await new RunRegistry(join(await tempFolder(), 'none')).list()).toEqual({
      records: [],
      unreadable: [],
    })
  })

  it('lists oldest first and names a damaged folder without hiding the others', async () => {
    const registry = new RunRegistry(await tempFolder())
    const first = await finished(registry)
    const second = await finished(registry)
    const third = await finished(registry)
    await writeFile(join(registry.folderOf(second.id), 'run.json'), '{"id":')
    const empty = '20200101T000000Z-0000'
    await mkdir(registry.folderOf(empty))
    const { records, unreadable } = await registry.list()
    expect(records.map(record => record.id)).toEqual([first.id, third.id])
    expect(unreadable.map(run => run.id).toSorted()).toEqual([empty, second.id].toSorted())
    await expect(registry.get(second.id)).rejects.toMatchObject({ code: 'data.damaged' })
  })

  it('finds a run by the beginning or the end that only it has', async () => {
    const registry = new RunRegistry(await tempFolder())
    const run = await finished(registry)
    expect(await registry.get(run.id)).toEqual(run)
    expect(await registry.get(run.id.slice(0, 9))).toEqual(run)
    expect(await registry.get(run.id.slice(-4))).toEqual(run)
    await finished(registry)
    await expect(registry.get('2')).rejects.toMatchObject({ code: 'input.invalid' })
    for (const unknown of ['', 'zzz', '../..', '20200101T000000Z-0000']) {
      await expect(registry.get(unknown)).rejects.toMatchObject({ code: 'run.unknown' })
    }
  })

  it.each([
    ['whose process is gone', { pid: 2 ** 22 + 1, started: null }],
    ['whose process id was given to another process', { ...thisProcess(), started: 'another-boot/7' }],
    ['whose process lives but answers no more for it', thisProcess()],
  ])('shows as interrupted a run %s', async (_, owner) => {
    const registry = new RunRegistry(await tempFolder())
    const { id, seq } = await finished(registry)
    const control = { ...owner, path: join(registry.home, 'sock', 'nobody') }
    await edit(registry, id, () => ({ state: 'running', ended: null, control }))
    const shown = await registry.get(id)
    expect(shown.state).toBe('interrupted')
    expect(shown.seq).toBeGreaterThan(seq)
  })
})
