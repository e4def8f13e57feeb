import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EntryKind } from '../../electron/engine/archive/entry.ts'
import { rawFromText } from '../../electron/engine/archive/raw-path.ts'
import { PointBrowser } from '../../electron/engine/points/browse.ts'
import { EntryTree } from '../../electron/engine/points/browse-tree.ts'
import { textMatcher } from '../../electron/engine/points/find-text.ts'
import { forge, other, pieces } from '../restore/forge.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, openTestEngine } from '../support/engine.ts'

const entryOf = (path: string, kind: EntryKind = 'file', size = 0) => ({
  path: rawFromText(path),
  kind,
  size,
  mtime: '1700000000.5',
  mode: 0o644,
})

function treeOf(...paths: (string | [string, EntryKind, number?])[]): EntryTree {
  const tree = new EntryTree()
  for (const item of paths) tree.add(typeof item === 'string' ? entryOf(item) : entryOf(...item))
  return tree
}

const everything = { from: 0, limit: 1000 }
const browserOf = ({ engine, home }: TestEngine) => new PointBrowser(engine.servers, home)

describe('a tree of entries', () => {
  it('answers folders first, each sort by name, a page at a time', () => {
    const tree = treeOf('b', 'a', ['z', 'folder'], ['y', 'folder'], 'y/in')
    const names = (from: number, limit: number) =>
      tree.children('', from, limit)!.entries.map(({ path }) => path)
    expect(names(0, 10)).toEqual(['y', 'z', 'a', 'b'])
    expect(names(1, 2)).toEqual(['z', 'a'])
    expect(tree.children('', 3, 5)!.total).toBe(4)
    expect(tree.children('y', 0, 9)!.entries.map(({ path }) => path)).toEqual(['y/in'])
  })

  it('has folders that no entry describes, and counts what is below each', () => {
    const tree = treeOf(['srv/www/a', 'file', 5], ['srv/www/deep/b', 'file', 7], ['srv/c', 'file', 1])
    expect(tree.children('', 0, 9)!.entries).toMatchObject([
      { path: 'srv', kind: 'folder', mtime: null, inside: { entries: 2, folders: 1, files: 3, bytes: 13 } },
    ])
    expect(tree.children('srv', 0, 9)!.entries[0]).toMatchObject({
      inside: { entries: 2, folders: 1, files: 2, bytes: 12 },
    })
  })

  it('lets the later of two entries with one path count', () => {
    const tree = treeOf(['a', 'file', 1], ['b', 'file', 9])
    tree.add({ ...entryOf('a', 'symlink'), link: 'b' })
    tree.add(entryOf('a', 'file', 3))
    expect(tree.children('', 0, 9)!.entries).toMatchObject([
      { path: 'a', kind: 'file', size: 3 },
      { path: 'b' },
    ])
    expect(tree.children('', 0, 9)!.entries[0]).not.toHaveProperty('link')
  })

  it('has no children of what is a file or is not there', () => {
    const tree = treeOf('a', 'b/c')
    expect([tree.children('a', 0, 9), tree.children('b/x', 0, 9), tree.children('c', 0, 9)]).toEqual([
      null,
      null,
      null,
    ])
  })

  it('keeps apart names that a table of few places puts side by side', () => {
    const paths = Array.from({ length: 20_000 }, (_, i) => `d${i % 100}/f${i}`)
    const tree = treeOf(...paths)
    expect(tree.entries).toBe(20_100)
    const seen = Array.from({ length: 100 }, (_, d) => tree.children(`d${d}`, 0, 1000)!.entries).flat()
    expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(paths))
  })
})

describe('finding entries', () => {
  const tree = treeOf('etc/nginx/a.conf', 'etc/nginx/sites/b.CONF', 'home/nginx.txt', 'home/x[1].conf')
  const found = (text: string, limit = 99) =>
    tree.matching(textMatcher(text), limit).entries.map(({ path }) => path)

  it('finds a text in any case, names before what only lies in such a folder', () => {
    expect(found('NGINX')).toEqual([
      'etc/nginx',
      'home/nginx.txt',
      'etc/nginx/sites',
      'etc/nginx/sites/b.CONF',
      'etc/nginx/a.conf',
    ])
  })

  it('takes a pattern without a slash for names and one with a slash for whole paths', () => {
    expect(found('*.conf')).toEqual(['etc/nginx/a.conf', 'home/x[1].conf'])
    expect(found('etc/*/*.conf')).toEqual(['etc/nginx/a.conf'])
    expect(found('**/*.{conf,CONF}')).toHaveLength(3)
  })

  it('says that there are more than it was asked for', () => {
    expect(tree.matching(textMatcher('nginx'), 2)).toMatchObject({ more: true })
    expect(tree.matching(textMatcher('nginx'), 5)).toMatchObject({ more: false })
  })
})

describe('browsing a point', () => {
  it('answers from the entry list on the server, links and times as they were', async () => {
    const test = await openTestEngine()
    await test.addServer('s')
    const from = join(test.root, 'docs')
    mkdirSync(join(from, 'sub'), { recursive: true })
    writeFileSync(join(from, 'sub/one.txt'), '1')
    symlinkSync('sub/one.txt', join(from, 'link'))
    const { outcome } = await backUp(test, filesBackup([from], ['s']))
    const { point } = outcome as { point: string }
    const of = { point, server: 's' }
    const browser = browserOf(test)
    const top = await browser.children(of, '', everything)
    const [docs] = top.entries
    expect(docs).toMatchObject({
      path: 'docs',
      kind: 'directory',
      inside: { entries: 2, folders: 1, files: 1, bytes: 1 },
    })
    expect((await browser.children(of, 'docs', everything)).entries).toMatchObject([
      { path: 'docs/sub', kind: 'directory' },
      { path: 'docs/link', kind: 'symlink', target: 'sub/one.txt' },
    ])
    expect(await browser.find(of, 'one', 10)).toMatchObject({
      entries: [{ path: 'docs/sub/one.txt' }],
      more: false,
    })
    await expect(browser.children(of, 'nowhere', everything)).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('opens an encrypted point for who has its passphrase, and for nobody else afterwards', async () => {
    const test = await openTestEngine()
    await test.addServer('s')
    writeFileSync(join(test.root, 'plain.txt'), 'x')
    const options = filesBackup([join(test.root, 'plain.txt')], ['s'], { encryptTo: 'passphrase' })
    const { outcome } = await backUp(test, options, 'right horse')
    const of = { point: (outcome as { point: string }).point, server: 's' }
    const browser = browserOf(test)
    const passphrase = 'right horse'
    expect((await browser.children({ ...of, secret: { passphrase } }, '', everything)).total).toBe(1)
    await expect(browser.children(of, '', everything)).rejects.toMatchObject({ code: 'auth.secret-missing' })
    const wrong = { ...of, secret: { passphrase: 'wrong horse' } }
    await expect(browser.children(wrong, '', everything)).rejects.toMatchObject({ code: 'auth.passphrase' })
    await expect(browser.find(wrong, 'plain', 5)).rejects.toMatchObject({ code: 'auth.passphrase' })
  })

  it('leads into folders whose names are not UTF-8', async () => {
    const test = await openTestEngine()
    const folder = await test.addServer('s')
    const odd = Buffer.from([0x66, 0xff])
    const inner = Buffer.concat([odd, Buffer.from('/in')])
    const point = forge(folder, {
      entries: [
        { ...other('x', 'folder'), path: undefined, pathBase64: odd.toString('base64') },
        { ...other('x', 'symlink', { link: 'y' }), path: undefined, pathBase64: inner.toString('base64') },
      ],
    })
    const browser = browserOf(test)
    const of = { point, server: 's' }
    const [entry] = (await browser.children(of, '', everything)).entries
    expect(entry).toMatchObject({ path: 'f\ufffd', pathBase64: odd.toString('base64'), kind: 'directory' })
    expect((await browser.children(of, odd.toString('latin1'), everything)).entries).toMatchObject([
      { pathBase64: inner.toString('base64'), kind: 'symlink' },
    ])
  })

  it('refuses a list that unpacks to more entries than its manifest promises', async () => {
    const test = await openTestEngine()
    const folder = await test.addServer('s')
    const tree = pieces({ a: '1', b: '2', c: '3' })
    const point = forge(folder, {
      ...tree,
      manifest: honest => ({
        ...honest,
        files: honest.files.map(file => ({ ...file, entries: { ...file.entries, count: 2 } })),
      }),
    })
    await expect(browserOf(test).children({ point, server: 's' }, '', everything)).rejects.toMatchObject({
      code: 'data.format',
    })
  })

  it('lists the files of a vendor’s own tool', async () => {
    const test = await openTestEngine()
    const folder = await test.addServer('s')
    writeFileSync(join(folder, 'mongo_20260326T131502.dump.gz'), 'mongo')
    writeFileSync(join(folder, 'elk_20260326T131502_dump.tar.gz'), 'elk')
    const of = { point: 'vendor@20260326T131502', server: 's' }
    expect((await browserOf(test).children(of, '', everything)).entries).toMatchObject([
      { path: 'elk_20260326T131502_dump.tar.gz', size: 3 },
      { path: 'mongo_20260326T131502.dump.gz', size: 5 },
    ])
  })

  it('stops waiting when the question is given up', async () => {
    const test = await openTestEngine()
    const folder = await test.addServer('s')
    const point = forge(folder, pieces({ a: '1' }))
    const signal = AbortSignal.abort()
    await expect(browserOf(test).children({ point, server: 's', signal }, '', everything)).rejects.toThrow()
  })
})
