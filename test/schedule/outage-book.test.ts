import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../electron/engine/ports.ts'
import { OutageBook } from '../../electron/engine/schedule/index.ts'
import { tempFolder } from '../support/temp-folder.ts'

const openBook = (home: string) =>
  new OutageBook(home, { clock: systemClock, systems: { list: async () => [] } })

/** A state folder that takes nothing, from root either: it leads to a disk that is not mounted. */
async function full(): Promise<string> {
  const folder = await tempFolder()
  const home = join(folder, 'home')
  await symlink(join(folder, 'disk', 'home'), home)
  return home
}
const free = (home: string) => rm(home)

describe('OutageBook', () => {
  it('refuses to declare when nothing can be written, for a process that ends at once', async () => {
    const book = openBook(await full())
    await expect(book.declare('fire')).rejects.toMatchObject({ code: expect.stringMatching(/^local\./) })
    expect(await book.get()).toBeNull()
  })

  it('keeps an outage in memory when nothing can be written, and writes it when there is room', async () => {
    const home = await full()
    const book = openBook(home)
    const declared = await book.declare('fire', { hold: true })
    expect(await book.get()).toEqual(declared)
    expect(book.isHeld).toBe(true)
    await expect(book.declare('again', { hold: true })).rejects.toMatchObject({ code: 'run.conflict' })
    expect(await book.settle()).toBe(false)
    await free(home)
    expect(await book.settle()).toBe(true)
    expect(book.isHeld).toBe(false)
    expect(await openBook(home).get()).toEqual(declared)
    await book.end()
    expect(await openBook(home).get()).toBeNull()
  })

  it('ends one that is only in memory', async () => {
    const book = openBook(await full())
    await book.declare('fire', { hold: true })
    expect(await book.end()).toMatchObject({ note: 'fire' })
    expect(await book.get()).toBeNull()
  })
})
