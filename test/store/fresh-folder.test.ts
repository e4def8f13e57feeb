import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../shared/failure-copy.ts'
import { windowAdvice } from '../../shared/window-advice.ts'
import { toFailure } from '../../electron/engine/engine-error.ts'
import { folderBefore, freshFolderCheck } from '../../electron/engine/store/local/fresh-folder.ts'
import { LocalStore } from '../../electron/engine/store/local/local-store.ts'
import { identifyMedium } from '../../electron/engine/store/local/medium.ts'
import { tempFolder } from '../support/temp-folder.ts'

const storeAt = (path: string, mediumId?: string) =>
  new LocalStore({
    ...{ type: 'local', name: 'stick', added: '2026-11-20T00:00:00Z', learned: {}, path },
    ...(mediumId === undefined ? {} : { mediumId }),
  })

describe('the check of a folder that is to be added', () => {
  it('warns when the folder did not exist or is empty, and not when something is on it', async () => {
    const root = await tempFolder()
    const path = join(root, 'mistyped')
    const first = (await storeAt(path).probe()).checks.find(({ name }) => name === 'folder')
    expect(first).toMatchObject({ ok: false, level: 'warn' })
    expect(first?.detail).toMatch(/^This folder is new: nothing is on it yet, and it was made just now\./)
    // Made by the first check, and still nothing on it.
    const second = (await storeAt(path).probe()).checks.find(({ name }) => name === 'folder')
    expect(second?.detail).toMatch(/^This folder is new: nothing is on it yet\. If it should hold backups/)
    await writeFile(join(path, 'a.bin'), 'x')
    expect((await storeAt(path).probe()).checks.map(({ name }) => name)).not.toContain('folder')
  })

  it('asks whether the disk is plugged in where disks are mounted and none is', async () => {
    const base = join(await tempFolder(), 'media')
    const path = join(base, 'user', 'STICK')
    await mkdir(join(path, 'lost+found'), { recursive: true })
    expect(await folderBefore(path)).toBe('empty')
    expect((await freshFolderCheck(path, 'empty', [base]))?.detail).toMatch(/Is the disk plugged in\?$/)
    expect((await freshFolderCheck(path, 'empty', ['/media']))?.detail).not.toMatch(/plugged in/)
  })
})

describe('a folder on a disk that is gone', () => {
  it('advises to plug the disk in, on the command line and in a window', async () => {
    const root = await tempFolder()
    const path = join(root, 'stick')
    await mkdir(path)
    const id = await identifyMedium(path)
    const open = storeAt(path, id)
    await open.stat('a.bin')
    await rm(path, { recursive: true })
    for (const work of [
      async () => await storeAt(path, id).stat('a.bin'),
      // Pulled while the store was open.
      async () => {
        for await (const _ of open.list('')) expect.fail('nothing is there')
      },
    ]) {
      const failure = await work().then(
        () => expect.fail('it is gone'),
        (err: unknown) => toFailure(err, 'server.list'),
      )
      expect(failure.code).toBe('remote.no-container')
      const { title, todo } = describeFailure(failure, { server: 'stick' })
      expect(title).toMatch(/: the disk is not plugged in, or its folder is gone$/)
      expect(todo).toBe('Plug the disk in, or correct the folder: drydock server edit stick --path FOLDER.')
      expect(windowAdvice(failure, todo)).toBe('Plug the disk in, or correct the folder under Servers.')
      expect(describeFailure({ ...failure, during: 'server.add' }).todo).toBe(
        'Plug the disk in, or correct the folder; then run server add again.',
      )
    }
  })
})
