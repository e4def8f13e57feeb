import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { TargetTree } from '../../electron/engine/restore/target-tree.ts'
import { problemsOf } from '../support/engine.ts'
import { isRoot } from '../support/tree.ts'
import { entry, forge, other, pieces, sha256 } from './forge.ts'
import type { Place } from './hostile-place.ts'
import { lineOf, openPlace } from './hostile-place.ts'
import { restoreAll } from './restoring.ts'

let place: Place

beforeEach(async () => {
  place = await openPlace()
})

const good = pieces({ good: 'good content' })

describe('a hostile entry list', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['..', '..'],
    ['../outside/canary', '..'],
    ['a/../../outside/canary', '..'],
    ['/etc/drydock-was-here', 'absolute'],
    ['//etc/drydock-was-here', 'absolute'],
    ['', 'empty path'],
    ['a//b', 'empty name'],
    ['a/', 'empty name'],
    ['.', '. in'],
    ['a/./b', '. in'],
    ['zero\0byte', 'zero byte'],
    ['n'.repeat(256), '255 bytes'],
    [`${'d/'.repeat(5000)}f`, 'too many folders'],
    ['x'.repeat(40_000), 'too long'],
  ]

  it('refuses every path that is no plain one and restores the rest', async () => {
    const result = await place.attempt({
      ...good,
      entries: [...bad.map(([path]) => entry(path)), ...good.entries],
    })
    expect(result.record.state).toBe('succeeded')
    for (const [path, why] of bad)
      expect(lineOf(result, path)).toMatchObject({
        action: 'refuse',
        detail: expect.stringContaining(why) as string,
      })
    expect(place.names()).toEqual(['good'])
    expect(result.outcome.counts).toMatchObject({ refused: bad.length, created: 1, failed: 0 })
  })

  it('refuses folders nested 100,000 deep and restores the rest', async () => {
    const deep = 'd/'.repeat(100_000)
    const result = await place.attempt({ ...good, entries: [entry(`${deep}f`), ...good.entries] })
    expect(result.outcome.counts).toMatchObject({ refused: 1, created: 1 })
  })

  it('restores folders nested 1,500 deep, holding few of them open', async () => {
    const path = `${'d/'.repeat(1500)}good`
    const result = await place.attempt({
      ...good,
      entries: [{ ...good.entries[0], path }, ...good.entries, { ...good.entries[0], path: `${path}2` }],
    })
    expect(result.outcome.counts).toMatchObject({ created: 3, failed: 0, refused: 0 })
    const tree = new TargetTree(place.target)
    const before = readdirSync('/proc/self/fd').length
    expect(tree.folder('d/'.repeat(1500).slice(0, -1), false)).not.toBeNull()
    expect(readdirSync('/proc/self/fd').length - before).toBeLessThan(100)
    expect(tree.folder('d/'.repeat(1400).slice(0, -1), false)).not.toBeNull()
    tree.close()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })

  it('does not write through a symlink of its own: a file below a link is refused', async () => {
    const result = await place.attempt({
      ...good,
      entries: [
        other('way', 'symlink', { link: '../outside' }),
        entry('way/canary', { ...good.entries[0], path: 'way/canary' }),
        ...good.entries,
      ],
    })
    // Links come last, so the folder that the file needs stands first and the link finds its name taken.
    expect(lstatSync(join(place.target, 'way')).isDirectory()).toBe(true)
    expect(result.outcome.counts).toMatchObject({ failed: 1, created: 2 })
  })

  it('refuses what lies below a symlink that stands in the target already', async () => {
    mkdirSync(place.target)
    symlinkSync('../outside', join(place.target, 'way'))
    const result = await place.attempt(
      {
        content: good.content,
        entries: [
          { ...good.entries[0], path: 'way/canary' },
          { ...good.entries[0], path: 'way/folder/new' },
          other('way/sub', 'folder'),
          other('way/link', 'symlink', { link: 'x' }),
        ],
      },
      { overwrite: 'always' },
    )
    expect(result.outcome.counts).toMatchObject({ refused: 4, created: 0, replaced: 0 })
    expect(result.record.problems).toBe(4)
  })

  it('replaces a symlink instead of writing through it', async () => {
    mkdirSync(place.target)
    symlinkSync('../outside/canary', join(place.target, 'good'))
    const result = await place.attempt(good, { overwrite: 'always' })
    expect(result.outcome.counts).toMatchObject({ replaced: 1 })
    expect(lstatSync(join(place.target, 'good')).isFile()).toBe(true)
  })

  it.each(['../outside/canary', '/etc/passwd', 'not-of-this-restore', ''])(
    'makes no hard link to %j',
    async link => {
      mkdirSync(place.target)
      writeFileSync(join(place.target, 'not-of-this-restore'), 'here before')
      const result = await place.attempt({
        ...good,
        entries: [...good.entries, other('stolen', 'hardlink', { link })],
      })
      expect(existsSync(join(place.target, 'stolen'))).toBe(false)
      expect(result.record.problems).toBe(1)
      expect(['refuse', 'failed']).toContain(lineOf(result, 'stolen')?.action)
    },
  )

  it('makes no hard link through a symlink that it brought along', async () => {
    const result = await place.attempt({
      ...good,
      entries: [
        ...good.entries,
        other('way', 'symlink', { link: '../outside' }),
        other('stolen', 'hardlink', { link: 'way/canary' }),
        other('alias', 'hardlink', { link: 'way' }),
      ],
    })
    expect(place.names()).toEqual(['good', 'way'])
    expect(result.outcome.counts).toMatchObject({ created: 2, failed: 2 })
  })

  it('leaves what stands there alone when the hard link that would replace it cannot be made', async () => {
    mkdirSync(place.target)
    writeFileSync(join(place.target, 'precious'), 'the only copy')
    const result = await place.attempt(
      { ...good, entries: [...good.entries, other('precious', 'hardlink', { link: 'gone' })] },
      { overwrite: 'always' },
    )
    expect(result.outcome.counts).toMatchObject({ created: 1, failed: 1 })
    expect(readFileSync(join(place.target, 'precious'), 'utf8')).toBe('the only copy')
  })

  it('restores neither setuid nor setgid bits of files, nor devices, unless asked, and says so', async () => {
    const result = await place.attempt({
      ...good,
      entries: [
        { ...good.entries[0], mode: 0o6755 },
        other('null', 'char-device', { device: [1, 3] }),
        other('disk', 'block-device', { device: [8, 0] }),
      ],
    })
    expect(statSync(join(place.target, 'good')).mode & 0o7777).toBe(0o755)
    expect(place.names()).toEqual(['good'])
    expect(result.outcome.counts).toMatchObject({ refused: 2, created: 1 })
    const problems = await problemsOf(result.record, place.home)
    expect(problems.map(({ code, subject }) => `${code} ${subject}`).sort()).toEqual([
      'target.attribute good',
      'target.refused disk',
      'target.refused null',
    ])
  })

  it.runIf(isRoot)('restores setuid bits and devices as root when asked', async () => {
    const result = await place.attempt(
      {
        ...good,
        entries: [
          { ...good.entries[0], mode: 0o6755 },
          other('null', 'char-device', { device: [1, 3], mode: 0o666 }),
        ],
      },
      { special: true },
    )
    expect(result.record.problems).toBe(0)
    expect(statSync(join(place.target, 'good')).mode & 0o7777).toBe(0o6755)
    const node = lstatSync(join(place.target, 'null'))
    expect(node.isCharacterDevice() && node.rdev).toBe(259)
    expect(node.mode & 0o777).toBe(0o666)
  })
})

describe('a target that somebody changes during the restore', () => {
  it('is never left through a folder exchanged for a symlink', async () => {
    // The exchanger works in a process of its own for as long as the restore takes; whatever it hits, nothing gets out.
    const content = Buffer.alloc(4096, 'x')
    const hash = sha256(content)
    const entries = [other('d', 'folder')]
    for (let i = 0; i < 3000; i++) {
      const at = { size: 4096, sha256: hash, data: 0, xattrs: { 'user.x': 'AA==' } }
      entries.push(entry(`d/f${i}`, at))
      if (i % 10 === 0) entries.push(other(`d/l${i}`, 'symlink', { link: 'x' }))
    }
    mkdirSync(join(place.target, 'd'), { recursive: true })
    const point = forge(place.server, { content, entries })
    const script =
      'while [ -e go ]; do mv target/d target/e; ln -s ../outside target/d; rm target/d; mv target/e target/d; done 2>/dev/null; :'
    writeFileSync(join(place.around, 'go'), '')
    const child = spawn('bash', ['-c', script], { cwd: place.around, stdio: 'ignore' })
    const gone = new Promise(resolve => child.once('exit', resolve))
    try {
      const run = await place.engine.startRestore(restoreAll(point, 's', place.target))
      await run.done
    } finally {
      rmSync(join(place.around, 'go'))
      await gone
    }
    place.expectUntouched()
    expect(execFileSync('getfattr', ['-dR', join(place.around, 'outside')], { encoding: 'utf8' })).toBe('')
  })
})
