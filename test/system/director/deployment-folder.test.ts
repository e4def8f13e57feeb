import { mkdir, readFile, readdir, stat, writeFile, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Editing } from '../../../electron/engine/system/director/deployment/index.ts'
import {
  DeploymentBook,
  deploymentView,
  editedDeployment,
  readDeployment,
  writeDeployment,
} from '../../../electron/engine/system/director/deployment/index.ts'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import type { Deployment, DeploymentEdits } from '../../../shared/director.ts'
import { deployment, deploymentEdits } from '../../../shared/director.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { goodMaster, goodRestore } from './yaml-texts.ts'

const host = new LocalHost(process.env)
async function folderWith(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await tempFolder()
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}
const both = { 'restore.yml': goodRestore, 'master.yml': goodMaster }
const editing: Editing = {
  mode: null,
  secretOf: draft => `secret of ${draft}`,
  now: Date.UTC(2026, 10, 20, 17, 3, 12),
}
const edits = (raw: {
  names?: Record<string, string>
  master?: DeploymentEdits['master']
}): DeploymentEdits => ({
  ...deploymentEdits.parse({}),
  ...(raw as Partial<DeploymentEdits>),
})
const site = edits({ master: [{ op: 'set', path: ['director_site'], value: 'DC' }] })

describe('readDeployment', () => {
  it('reads both files and tells whether setup.sh runs', async () => {
    const folder = await folderWith({ ...both, 'setup.sh': '#!/bin/sh\n' })
    expect((await readDeployment(host, folder)).setup).toBe('not-executable')
    await chmod(join(folder, 'setup.sh'), 0o755)
    const read = await readDeployment(host, `${folder}/`)
    expect(read).toMatchObject({ setup: 'runs', texts: both, unread: [] })
    expect(deploymentView(read)).toMatchObject({
      restore: true,
      form: 'names',
      mode: 'standalone',
      verdict: 'go',
      names: { elk: 'elk_20261115T020003_dump.tar.gz' },
      master: { directorSite: 'DR' },
    })
    expect(JSON.stringify(deploymentView(read))).not.toContain('correct horse')
  })

  it('tells what is missing, what is no file, and what is no text', async () => {
    const folder = await folderWith({ 'restore.yml': new Uint8Array([0xc3, 0x28]) })
    await mkdir(join(folder, 'master.yml'))
    const view = deploymentView(await readDeployment(host, folder))
    expect(view).toMatchObject({
      restore: false,
      master: null,
      form: null,
      names: {},
      mode: null,
      setup: 'missing',
    })
    expect(view.problems.map(({ code }) => code)).toEqual(['yaml.not-utf8', 'file.unreadable'])
    expect(view.problems[1]?.finding).toBe('master.yml is no file: a folder or a pipe has that name')
    const absent = deploymentView(
      await readDeployment(host, await folderWith({ 'restore.yml': goodRestore })),
    )
    expect(absent.problems.map(({ code }) => code)).toEqual(['file.missing'])
  })

  it('fails for a folder that is not there', async () => {
    await expect(readDeployment(host, join(await tempFolder(), "it's not; there"))).rejects.toMatchObject({
      code: 'local.not-found',
    })
  })
})

describe('writeDeployment', () => {
  it('changes what was meant, keeps the old file and its mode, and leaves the other file alone', async () => {
    const folder = await folderWith(both)
    await chmod(join(folder, 'master.yml'), 0o640)
    const before = await stat(join(folder, 'restore.yml'))
    const read = await readDeployment(host, folder)
    const draft = { op: 'secret' as const, path: ['servers', 0, 'password'], draft: 'd1' }
    const edited = await editedDeployment(read, { ...site, master: [...site.master, draft] }, editing)
    expect(JSON.stringify(edited.diffs)).not.toMatch(/correct horse|secret of/)
    expect(edited.diffs).toMatchObject([
      { file: 'master.yml', changed: 2, keptAs: 'master.yml.20261120T170312Z' },
    ])
    expect(await writeDeployment(host, folder, { read, edited })).toEqual(['master.yml.20261120T170312Z'])
    expect(await readFile(join(folder, 'master.yml'), 'utf8')).toBe(
      goodMaster.replace('"DR"', '"DC"').replace('correct horse', 'secret of d1'),
    )
    expect(await readFile(join(folder, 'master.yml.20261120T170312Z'), 'utf8')).toBe(goodMaster)
    expect((await stat(join(folder, 'master.yml'))).mode & 0o777).toBe(0o640)
    expect((await stat(join(folder, 'restore.yml'))).ino).toBe(before.ino)
  })

  it('keeps each old file when two changes fall into one second', async () => {
    const folder = await folderWith(both)
    for (const value of ['DC', 'DR', 'DC']) {
      const read = await readDeployment(host, folder)
      const edited = await editedDeployment(
        read,
        edits({ master: [{ op: 'set', path: ['director_site'], value }] }),
        editing,
      )
      await writeDeployment(host, folder, { read, edited })
    }
    expect((await readdir(folder)).sort()).toEqual([
      'master.yml',
      'master.yml.20261120T170312Z',
      'master.yml.20261120T170312Z-2',
      'master.yml.20261120T170312Z-3',
      'restore.yml',
    ])
  })

  it.each([
    ['was changed', (folder: string) => writeFile(join(folder, 'master.yml'), `${goodMaster}# mine\n`)],
    [
      'turned into something unreadable',
      (folder: string) => writeFile(join(folder, 'master.yml'), new Uint8Array([0xff])),
    ],
  ])('refuses, and writes nothing, when a file %s since it was read', async (_what, meddle) => {
    const folder = await folderWith(both)
    const read = await readDeployment(host, folder)
    const latest = Object.fromEntries(directorComponents.map(one => [one, directorFileName(one, 'latest')]))
    const edited = await editedDeployment(
      read,
      { ...site, names: latest as DeploymentEdits['names'] },
      editing,
    )
    await meddle(folder)
    const there = await readFile(join(folder, 'master.yml'))
    await expect(writeDeployment(host, folder, { read, edited })).rejects.toMatchObject({
      code: 'run.conflict',
    })
    expect(await readFile(join(folder, 'master.yml'))).toEqual(there)
    expect(await readFile(join(folder, 'restore.yml'), 'utf8')).toBe(goodRestore)
    expect((await readdir(folder)).sort()).toEqual(['master.yml', 'restore.yml'])
  })

  it('makes a restore.yml where there is none when all five names are known', async () => {
    const folder = await folderWith({ 'master.yml': goodMaster })
    const read = await readDeployment(host, folder)
    const names = Object.fromEntries(
      directorComponents.map(one => [one, directorFileName(one, '20261115T020003')]),
    )
    const edited = await editedDeployment(
      read,
      { ...edits({}), names: names as DeploymentEdits['names'] },
      editing,
    )
    expect(edited).toMatchObject({
      verdict: 'go',
      diffs: [{ file: 'restore.yml', changed: 5, keptAs: null }],
    })
    expect(await writeDeployment(host, folder, { read, edited })).toEqual([])
    expect(deploymentView(await readDeployment(host, folder)).verdict).toBe('go')
  })

  it('previews what edits would be wrong, and refuses edits of a file that cannot be read', async () => {
    const read = await readDeployment(host, await folderWith(both))
    const wrong = await editedDeployment(read, edits({ names: { elk: 'mongo_latest.dump.gz' } }), editing)
    expect(wrong.problems.map(({ code }) => code)).toEqual(['name.wrong-component'])
    const broken = await readDeployment(host, await folderWith({ ...both, 'master.yml': 'a: [' }))
    await expect(editedDeployment(broken, site, editing)).rejects.toMatchObject({ code: 'data.format' })
    expect((await editedDeployment(broken, edits({}), editing)).problems.map(({ code }) => code)).toEqual([
      'yaml.syntax',
    ])
  })
})

describe('DeploymentBook', () => {
  const record = (name: string): Deployment =>
    deployment.parse({ name, place: { kind: 'local', folder: '/opt/setup' }, added: '2026-11-20T17:00:00Z' })

  it('adds, replaces, renames in place and removes', async () => {
    const book = new DeploymentBook(await tempFolder())
    expect(await book.list()).toEqual({ records: [], unreadable: [] })
    for (const name of ['a', 'b', 'c']) await book.add(record(name))
    await expect(book.add(record('a'))).rejects.toMatchObject({ code: 'input.invalid' })
    await book.replace({ ...record('b2'), place: { kind: 'local', folder: '/srv' } }, 'b')
    await expect(book.replace(record('c'), 'a')).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(book.replace(record('x'))).rejects.toMatchObject({ code: 'input.invalid' })
    await book.remove('a')
    expect((await book.list()).records.map(({ name }) => name)).toEqual(['b2', 'c'])
    expect((await book.get('b2')).place.folder).toBe('/srv')
    await expect(book.get('a')).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('shows the others beside an entry that cannot be read, and keeps that one', async () => {
    const home = await tempFolder()
    const book = new DeploymentBook(home)
    await book.add(record('a'))
    const file = join(home, 'deployments.json')
    const raw = JSON.parse(await readFile(file, 'utf8')) as { deployments: unknown[] }
    raw.deployments.push({ name: 'odd', place: { kind: 'moon' } })
    await writeFile(file, JSON.stringify(raw))
    expect(await book.list()).toMatchObject({ records: [{ name: 'a' }], unreadable: [{ name: 'odd' }] })
    await expect(book.get('odd')).rejects.toMatchObject({ code: 'data.format' })
    await book.add(record('b'))
    expect((await book.list()).unreadable).toHaveLength(1)
  })

  it('loses nothing when several add at once', async () => {
    const home = await tempFolder()
    await Promise.all(Array.from({ length: 8 }, (_, n) => new DeploymentBook(home).add(record(`d${n}`))))
    expect((await new DeploymentBook(home).list()).records).toHaveLength(8)
  })
})
