import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTestService } from './support.ts'
import { tempFolder } from '../support/temp-folder.ts'

describe('settings', () => {
  it('are kept, told to every page, and each survives a bad neighbour', async () => {
    const test = await openTestService()
    const next = { theme: 'dark', letterKeys: false, limit: 1000, trashDays: 7, runDays: 90 } as const
    await test.call('settings.save', next)
    expect(await test.sees('settings.changed')).toEqual(next)
    const file = join(test.home, 'settings.json')
    await writeFile(file, JSON.stringify({ ...next, theme: 'plaid', limit: -1, more: true }))
    expect(await test.call('settings.get')).toEqual({ ...next, theme: 'system', limit: null })
    await writeFile(file, 'no json')
    expect(await test.call('settings.get')).toMatchObject({ trashDays: 60 })
    expect(await test.fails('settings.save', { ...next, trashDays: 0 })).toMatchObject({
      subject: 'trashDays',
    })
    expect(await readFile(file, 'utf8')).toBe('no json')
  })

  it('are told when another process changes them', async () => {
    const test = await openTestService()
    await mkdir(test.home, { recursive: true })
    await writeFile(join(test.home, 'settings.json'), '{"theme":"light"}')
    await test.sees<{ theme: string }>('settings.changed', ({ theme }) => theme === 'light')
  })
})

describe('folder.list', () => {
  it('lists folders first, files and hidden ones on demand only, and follows links', async () => {
    const test = await openTestService()
    const root = await tempFolder()
    for (const name of ['b10', 'b9', '.hidden']) await mkdir(join(root, name))
    await writeFile(join(root, 'a-file'), '')
    await symlink(join(root, 'b9'), join(root, 'link'))
    await symlink(join(root, 'nowhere'), join(root, 'broken'))
    const names = async (more: object) =>
      (await test.call('folder.list', { path: root, ...more })).entries.map(
        ({ name, kind }) => `${kind} ${name}`,
      )
    expect(await names({})).toEqual(['folder b9', 'folder b10', 'folder link'])
    expect(await names({ files: true })).toEqual(['folder b9', 'folder b10', 'folder link', 'file a-file'])
    expect(await names({ hidden: true })).toContain('folder .hidden')
    const listed = await test.call('folder.list', { path: `${root}/b9/../b9` })
    expect(listed).toMatchObject({ path: join(root, 'b9'), parent: root, entries: [], more: false })
    expect((await test.call('folder.list', { path: '/' })).parent).toBeNull()
  })

  it('cuts a folder of thousands, and says so', async () => {
    const test = await openTestService()
    const root = await tempFolder()
    await Promise.all(Array.from({ length: 1200 }, (_, n) => mkdir(join(root, `f${n}`))))
    const { entries, more } = await test.call('folder.list', { path: root })
    expect([entries.length, more, entries[10]?.name]).toEqual([1000, true, 'f10'])
  })

  it('answers failures that say what is wrong', async () => {
    const test = await openTestService()
    const root = await tempFolder()
    await writeFile(join(root, 'file'), '')
    expect(await test.fails('folder.list', { path: join(root, 'none') })).toMatchObject({
      code: 'local.not-found',
    })
    expect(await test.fails('folder.list', { path: join(root, 'file') })).toMatchObject({
      code: 'local.not-found',
    })
    expect(await test.fails('folder.list', { path: 'relative' })).toMatchObject({ code: 'input.invalid' })
    expect(await test.fails('folder.list', { path: '/a\0b' })).toMatchObject({ code: 'input.invalid' })
    await test.call('folder.create', { path: join(root, 'new') })
    expect(await test.fails('folder.create', { path: join(root, 'new') })).toMatchObject({
      code: 'input.invalid',
    })
    expect(await test.fails('folder.create', { path: join(root, 'a', 'b') })).toMatchObject({
      code: 'local.not-found',
    })
    if (process.getuid?.() === 0) return
    await chmod(root, 0o000)
    expect(await test.fails('folder.list', { path: root })).toMatchObject({ code: 'local.denied' })
    await chmod(root, 0o700)
  })
})

describe('app.about', () => {
  it('tells where this runs, and no secret of its surroundings', async () => {
    const test = await openTestService({
      env: { DRYDOCK_VAULT: 'memory', AWS_SECRET_ACCESS_KEY: 'in-the-env' },
    })
    const about = await test.call('app.about')
    expect(about).toMatchObject({ home: test.home, shell: 'console', version: '0.0.0-test' })
    expect(JSON.stringify(about)).not.toContain('in-the-env')
  })
})
