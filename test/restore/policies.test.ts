import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RestoreOptions } from '../../electron/engine/restore/options.ts'
import type { TestEngine } from '../support/engine.ts'
import { openTestEngine } from '../support/engine.ts'
import { describeTree } from '../support/tree.ts'
import type { Forgery } from './forge.ts'
import { forge, other, pieces } from './forge.ts'
import { actions, preview, restore, restoreAll } from './restoring.ts'

let test: TestEngine
let server: string
let target: string

beforeEach(async () => {
  test = await openTestEngine()
  server = await test.addServer('s')
  target = join(test.root, 'target')
})

/** Times: entries are of 1700000000.123456789. */
const [longBefore, longAfter] = [1_600_000_000, 1_800_000_000]

const files = pieces({
  'd/equal': 'equal',
  'd/older': 'new text',
  'd/newer': 'new text too',
  'd/absent': 'absent',
  first: 'linked',
  'kind/file': 'f',
  'kind/link': 'l',
  'kind/full': 'x',
})
const forgery: Forgery = {
  content: files.content,
  entries: [
    other('d', 'folder', { mode: 0o750 }),
    other('kind', 'folder'),
    ...files.entries,
    other('second', 'hardlink', { link: 'first' }),
    other('third', 'hardlink', { link: 'first' }),
    other('good link', 'symlink', { link: 'd/equal' }),
    other('other link', 'symlink', { link: 'new' }),
    other('kind/folder', 'folder'),
    other('kind/empty', 'folder'),
    other('kind/fifo', 'fifo'),
  ],
}

/** What stands there before: something for every decision. */
function prepare(): void {
  for (const folder of ['d', 'kind/file', 'kind/full']) mkdirSync(join(target, folder), { recursive: true })
  const put = (name: string, text: string, time: number) => {
    writeFileSync(join(target, name), text)
    utimesSync(join(target, name), time, time)
  }
  put('d/equal', 'equal', longAfter)
  put('d/older', 'old text', longBefore)
  put('d/newer', 'text of later', longAfter)
  put('first', 'linked', longAfter)
  put('kind/full/child', 'keep me', longBefore)
  put('kind/folder', 'a file where a folder has to go', longBefore)
  linkSync(join(target, 'first'), join(target, 'second'))
  symlinkSync('d/equal', join(target, 'good link'))
  symlinkSync('old', join(target, 'other link'))
  symlinkSync('nowhere', join(target, 'kind/link'))
  utimesSync(join(target, 'd'), longBefore, longBefore)
}

const expected: Record<RestoreOptions['overwrite'], Record<string, string>> = {
  never: {
    d: 'same',
    kind: 'same',
    'd/equal': 'leave',
    'd/older': 'leave',
    'd/newer': 'leave',
    'd/absent': 'create',
    first: 'leave',
    second: 'leave',
    third: 'create',
    'good link': 'leave',
    'other link': 'leave',
    'kind/file': 'leave',
    'kind/link': 'leave',
    'kind/full': 'leave',
    'kind/folder': 'leave',
    'kind/empty': 'create',
    'kind/fifo': 'create',
  },
  older: {
    d: 'same',
    kind: 'same',
    'd/equal': 'leave',
    'd/older': 'replace',
    'd/newer': 'leave',
    'd/absent': 'create',
    first: 'leave',
    second: 'leave',
    third: 'create',
    'good link': 'leave',
    'other link': 'leave',
    'kind/file': 'refuse',
    'kind/link': 'leave',
    'kind/full': 'refuse',
    'kind/folder': 'refuse',
    'kind/empty': 'create',
    'kind/fifo': 'create',
  },
  different: {
    d: 'same',
    kind: 'same',
    'd/equal': 'same',
    'd/older': 'replace',
    'd/newer': 'replace',
    'd/absent': 'create',
    first: 'same',
    second: 'same',
    third: 'create',
    'good link': 'same',
    'other link': 'replace',
    'kind/file': 'refuse',
    'kind/link': 'replace',
    'kind/full': 'refuse',
    'kind/folder': 'refuse',
    'kind/empty': 'create',
    'kind/fifo': 'create',
  },
  always: {
    d: 'same',
    kind: 'same',
    'd/equal': 'replace',
    'd/older': 'replace',
    'd/newer': 'replace',
    'd/absent': 'create',
    first: 'replace',
    second: 'replace',
    third: 'create',
    'good link': 'replace',
    'other link': 'replace',
    'kind/file': 'refuse',
    'kind/link': 'replace',
    'kind/full': 'refuse',
    'kind/folder': 'refuse',
    'kind/empty': 'create',
    'kind/fifo': 'create',
  },
}

describe('overwriting', () => {
  it.each(['never', 'older', 'different', 'always'] as const)(
    'does with %s what the dry run says, writes nothing before, and lists every entry once',
    async overwrite => {
      prepare()
      const point = forge(server, forgery)
      const options = restoreAll(point, 's', target, { overwrite })
      const before = describeTree(test.root)
      const shown = await preview(test.engine, options)
      expect(describeTree(target)).toEqual(
        before.filter(line => line.startsWith('"target/')).map(line => line.replaceAll('"target/', '"')),
      )
      const wanted = Object.entries(expected[overwrite]).map(([path, action]) => `${path} ${action}`)
      expect(actions(shown)).toEqual(wanted.sort())

      const { record, ledger, outcome } = await restore(test.engine, options)
      expect(record.failure).toBeNull()
      expect(actions(ledger)).toEqual(actions(shown))
      expect(
        ledger.every(
          ({ action, detail }) => detail !== undefined || !['leave', 'refuse', 'failed'].includes(action),
        ),
      ).toBe(true)
      const count = (action: string) => ledger.filter(line => line.action === action).length
      expect(outcome.counts).toMatchObject({
        created: count('create'),
        replaced: count('replace'),
        same: count('same'),
        left: count('leave'),
        refused: count('refuse'),
        failed: 0,
        damaged: 0,
      })

      const text = (name: string) => readFileSync(join(target, name), 'utf8')
      const replaced = overwrite !== 'never'
      expect(text('d/older')).toBe(replaced ? 'new text' : 'old text')
      expect(text('d/newer')).toBe(
        overwrite === 'different' || overwrite === 'always' ? 'new text too' : 'text of later',
      )
      expect(text('d/absent')).toBe('absent')
      expect(text('third')).toBe('linked')
      expect(text('kind/full/child')).toBe('keep me')
      expect(text('kind/folder')).toBe('a file where a folder has to go')
      expect(readlinkSync(join(target, 'other link'))).toBe(
        overwrite === 'different' || overwrite === 'always' ? 'new' : 'old',
      )
      expect(lstatSync(join(target, 'kind/link')).isSymbolicLink()).toBe(
        overwrite === 'never' || overwrite === 'older',
      )
      const inode = (name: string) => statSync(join(target, name)).ino
      expect(inode('second')).toBe(inode('first'))
      if (overwrite === 'different' || overwrite === 'always') expect(inode('third')).toBe(inode('first'))
      // A folder that was there is the operator's; its attributes follow only when overwriting is asked for.
      expect(statSync(join(target, 'd')).mode & 0o777).toBe(overwrite === 'never' ? 0o755 : 0o750)
    },
  )

  it('finds everything the same when it restores differences for a second time', async () => {
    const point = forge(server, forgery)
    const options = restoreAll(point, 's', target, { overwrite: 'different' })
    await restore(test.engine, options)
    const before = describeTree(target)
    const { outcome, ledger } = await restore(test.engine, options)
    expect(ledger.filter(({ action }) => action !== 'same')).toEqual([])
    expect(outcome.counts).toMatchObject({ same: 17, created: 0, replaced: 0, bytes: 0 })
    expect(describeTree(target)).toEqual(before)
  })

  it('gives a second name its content when the first is left as it stands and is another file by now', async () => {
    mkdirSync(target)
    writeFileSync(join(target, 'first'), 'somebody’s')
    const { content, entries } = pieces({ first: 'linked' })
    const point = forge(server, {
      content,
      entries: [
        ...entries,
        other('second', 'hardlink', { link: 'first' }),
        other('third', 'hardlink', { link: 'first' }),
      ],
    })
    const { outcome } = await restore(test.engine, restoreAll(point, 's', target))
    expect(outcome.counts).toMatchObject({ left: 1, created: 2, failed: 0 })
    expect(readFileSync(join(target, 'first'), 'utf8')).toBe('somebody’s')
    expect(readFileSync(join(target, 'second'), 'utf8')).toBe('linked')
    expect(statSync(join(target, 'third')).ino).toBe(statSync(join(target, 'second')).ino)
  })

  it('refuses a target that is a file, before anything else', async () => {
    writeFileSync(target, 'a file')
    const point = forge(server, forgery)
    const { record } = await restore(test.engine, restoreAll(point, 's', target))
    expect(record.failure).toMatchObject({ code: 'input.invalid', subject: target })
    const below = await restore(test.engine, restoreAll(point, 's', join(target, 'below')))
    expect(below.record.failure?.code).toMatch(/^local\.|^input\./)
    expect(existsSync(target) && readFileSync(target, 'utf8')).toBe('a file')
  })
})
