import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Preflight } from '../../shared/contract/restore.ts'
import type { DecryptWith } from '../../electron/engine/archive/age/key.ts'
import type { RestoreOptions } from '../../electron/engine/restore/options.ts'
import { confirmWord, preflight } from '../../electron/engine/restore/preflight.ts'
import { clockLine, verdictOf } from '../../electron/engine/restore/preflight-lines.ts'
import { lookAtTarget } from '../../electron/engine/restore/preflight-target.ts'
import { PreflightTokens } from '../../electron/engine/restore/preflight-tokens.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, openTestEngine } from '../support/engine.ts'
import { forge, entry, pieces } from './forge.ts'
import { restoreAll } from './restoring.ts'

let test: TestEngine
let server: string
let target: string

beforeEach(async () => {
  test = await openTestEngine()
  server = await test.addServer('s')
  target = join(test.root, 'target')
})

async function check(options: RestoreOptions, secret?: DecryptWith) {
  const told: string[] = []
  const deps = {
    places: test.engine.places,
    vaultStatus: async () => ({ state: 'open' as const, tier: 'memory' as const }),
  }
  const result = await preflight(deps, options, secret, {
    signal: new AbortController().signal,
    told: ({ id }) => told.push(id),
  })
  expect(new Set(told)).toEqual(new Set(result.lines.map(({ id }) => id)))
  const line = (id: Preflight['lines'][number]['id']) => result.lines.find(one => one.id === id)!
  return { ...result, line }
}

const tree = pieces({ 'a.txt': 'aaaa', 'b/c.txt': 'cc' })

describe('a preflight', () => {
  it('says what would come about, and writes nothing', async () => {
    const point = forge(server, tree)
    const { verdict, preview, lands, confirm, line, lines } = await check(restoreAll(point, 's', target))
    expect(lines.map(({ id }) => id)).toEqual([
      'server',
      'point',
      'proof',
      'secret',
      'target',
      'room',
      'conflicts',
      'names',
      'vault',
      'clock',
    ])
    expect(preview).toEqual({ create: 2, replace: 0, same: 0, leave: 0, refuse: 0, bytes: 6 })
    expect(lands).toBe(join(target, 'a.txt'))
    expect(confirm).toBe('target')
    expect(line('proof')).toMatchObject({ state: 'warn', fix: expect.stringContaining('Verify') as string })
    expect(lines.filter(({ state }) => state !== 'pass').map(({ id }) => id)).toEqual(['proof'])
    expect(verdict).toBe('GO WITH WARNINGS')
    expect(readdirSync(test.root)).not.toContain('target')
  })

  it('is a plain GO for a point that was read back whole', async () => {
    const point = forge(server, tree)
    await test.engine.places.verified.note('s', point, '2026-03-01T10:00:00.000Z')
    expect((await check(restoreAll(point, 's', target))).verdict).toBe('GO')
  })

  it('warns of damage that was found, and lets it be restored all the same', async () => {
    const point = forge(server, tree)
    await test.engine.places.verified.noteDamaged('s', point, '2026-03-01T10:00:00.000Z')
    const { line, verdict } = await check(restoreAll(point, 's', target))
    expect(line('proof')).toMatchObject({
      state: 'warn',
      finding: expect.stringContaining('Damaged') as string,
    })
    expect(verdict).toBe('GO WITH WARNINGS')
  })

  it('stops for a point that lacks a part, and for one that is gone', async () => {
    const point = forge(server, tree)
    const options = restoreAll(point, 's', target)
    const file = readdirSync(server).find(name => name.endsWith('.tar.zst'))!
    truncateSync(join(server, file), 3)
    expect((await check(options)).line('point')).toMatchObject({ state: 'stop' })
    for (const name of readdirSync(server)) if (name.startsWith('forged_')) rmSync(join(server, name))
    const gone = await check(options)
    expect(gone.line('point')).toMatchObject({ state: 'stop' })
    expect(gone.line('conflicts')).toMatchObject({ state: 'not-tried' })
    expect(gone.verdict).toBe('NO-GO')
  })

  it('stops when the server cannot be asked', async () => {
    const point = forge(server, tree)
    rmSync(server, { recursive: true })
    const { line, verdict } = await check(restoreAll(point, 's', target))
    expect(line('server')).toMatchObject({ state: 'stop', fix: expect.any(String) as string })
    expect(line('point').state).toBe('not-tried')
    expect(verdict).toBe('NO-GO')
  })

  it('counts what stands there by the policy', async () => {
    const point = forge(server, tree)
    mkdirSync(target)
    writeFileSync(join(target, 'a.txt'), 'mine')
    const never = await check(restoreAll(point, 's', target))
    expect(never.preview).toMatchObject({ create: 1, leave: 1 })
    expect(never.line('conflicts')).toMatchObject({
      state: 'warn',
      finding: expect.stringContaining('1 stays') as string,
    })
    const always = await check(restoreAll(point, 's', target, { overwrite: 'always' }))
    expect(always.preview).toMatchObject({ create: 1, replace: 1, bytes: 6 })
    expect(always.line('conflicts').fix).toContain('lost')
  })

  it('stops when nothing fits what was chosen', async () => {
    const point = forge(server, tree)
    const { line, verdict } = await check(restoreAll(point, 's', target, { only: ['nothing/**'] }))
    expect(line('conflicts')).toMatchObject({ state: 'stop' })
    expect(verdict).toBe('NO-GO')
  })

  it('stops without the secret of an encrypted point, and with a wrong one', async () => {
    writeFileSync(join(test.root, 'x.txt'), 'x')
    const made = await backUp(
      test,
      filesBackup([join(test.root, 'x.txt')], ['s'], { encryptTo: 'passphrase' }),
      'right horse',
    )
    const options = restoreAll((made.outcome as { point: string }).point, 's', target)
    expect((await check(options)).line('secret')).toMatchObject({ state: 'stop' })
    const wrong = await check(options, { passphrase: 'wrong horse' })
    expect(wrong.line('secret')).toMatchObject({ state: 'stop', finding: 'What was given does not open it.' })
    expect(wrong.verdict).toBe('NO-GO')
    const right = await check(options, { passphrase: 'right horse' })
    expect(right.line('secret').state).toBe('pass')
    expect(right.preview).toMatchObject({ create: 1 })
  })

  it('looks at the place it came from for a restore in place, and asks for the name of this machine', async () => {
    const from = join(test.root, 'docs')
    mkdirSync(from)
    writeFileSync(join(from, 'x.txt'), 'x')
    const made = await backUp(test, filesBackup([from], ['s']))
    const options = restoreAll((made.outcome as { point: string }).point, 's', null)
    const { line, preview, confirm, lands } = await check(options)
    expect(line('target').state).toBe('pass')
    expect(preview).toMatchObject({ leave: 1, same: 1 })
    expect(lands).toBe(from)
    expect(confirm).toBe(confirmWord({ into: null }))
  })

  it('finds names that a file system like FAT takes for one', async () => {
    const mark = { sha256: entry('')['sha256'] }
    const point = forge(server, { entries: [entry('A.txt', mark), entry('a.txt', mark), entry('b:c', mark)] })
    const { countRestore } = await import('../../electron/engine/restore/preflight-count.ts')
    const { openPoint } = await import('../../electron/engine/points/open-point.ts')
    const { fetchEntryList } = await import('../../electron/engine/archive/entry-list-reader.ts')
    const opened = await openPoint(test.engine.servers, { plan: 'forged', stamp: point.split('@')[1]! }, {})
    const file = opened.manifest.files[0]!
    const store = await test.engine.servers.open('s')
    const list = await fetchEntryList(store, file, join(test.home, 'cache'), undefined)
    const options = restoreAll(point, 's', target)
    const job = { source: { list, file, secret: undefined }, options }
    const { signal } = new AbortController()
    expect((await countRestore({ ...job, foldsCase: true }, signal)).counted.badNames).toBe(2)
    expect((await countRestore({ ...job, foldsCase: false }, signal)).counted.badNames).toBe(0)
  })
})

describe('looking at a target', () => {
  const look = (path: string, never: string[] = []) => lookAtTarget(path, never)

  it('refuses the root, places on no disk, and what Drydock or a vendor keeps its own in', async () => {
    for (const path of ['/', '/proc/x', '/dev'])
      expect((await look(path)).danger, path).toMatchObject({ forbidden: true })
    expect((await look(join(server, 'in'), [server])).danger).toMatchObject({ forbidden: true })
    symlinkSync(server, join(test.root, 'other-way'))
    expect((await look(join(test.root, 'other-way/in'), [server])).danger).toMatchObject({ forbidden: true })
    mkdirSync(join(target, 'dcrepository'), { recursive: true })
    expect((await look(target)).danger).toMatchObject({ forbidden: true })
  })

  it('warns of the home folder itself and of what belongs to the system', async () => {
    for (const path of [homedir(), '/etc', '/usr/share/x', '/etc/../usr'])
      expect((await look(path)).danger, path).toMatchObject({ forbidden: false })
    expect((await look(target)).danger).toBeNull()
  })

  it('tells an absent folder from an empty one, one with something in it, and what is none', async () => {
    expect(await look(join(target, 'deep/er'))).toMatchObject({ state: 'absent', within: test.root })
    mkdirSync(target)
    expect((await look(target)).state).toBe('empty')
    writeFileSync(join(target, 'x'), '')
    expect((await look(target)).state).toBe('filled')
    expect((await look(join(target, 'x'))).state).toBe('no-folder')
    expect((await look(join(target, 'x/y'))).state).toBe('no-folder')
    symlinkSync('nowhere', join(target, 'dead'))
    expect((await look(join(target, 'dead'))).state).toBe('no-folder')
    expect((await look('relative')).state).toBe('no-path')
  })

  it('marks it anew when something at its top changes', async () => {
    mkdirSync(target)
    const before = (await look(target)).mark
    expect((await look(target)).mark).toBe(before)
    execFileSync('touch', [join(target, 'new')])
    expect((await look(target)).mark).not.toBe(before)
  })
})

describe('a verdict', () => {
  it('is that of the worst line', () => {
    const line = (id: 'server' | 'names', state: 'pass' | 'warn' | 'stop' | 'not-tried') => ({ id, state })
    expect(verdictOf([line('server', 'pass'), line('names', 'pass')])).toBe('GO')
    expect(verdictOf([line('server', 'pass'), line('names', 'warn')])).toBe('GO WITH WARNINGS')
    expect(verdictOf([line('server', 'pass'), line('names', 'not-tried')])).toBe('GO WITH WARNINGS')
    expect(verdictOf([line('server', 'not-tried'), line('names', 'pass')])).toBe('NO-GO')
    expect(verdictOf([line('server', 'pass'), line('names', 'stop')])).toBe('NO-GO')
  })

  it('counts a clock that is behind what the server shows', () => {
    const now = Date.UTC(2026, 2, 1)
    expect(clockLine(now, now + 20 * 60_000, now - 1, 's')).toMatchObject({ state: 'warn' })
    expect(clockLine(now, now + 60_000, now - 1, 's').state).toBe('pass')
    expect(clockLine(now, null, now + 3_600_000, 's').state).toBe('warn')
  })
})

describe('a token of a preflight', () => {
  const good = { good: true, seen: 'x', target: '/t' }

  it('fits its answers in any order, once', () => {
    const tokens = new PreflightTokens(() => 0)
    const token = tokens.issue({ a: 1, b: { c: [2], d: 3 } }, good)
    const taken = tokens.take(token, { b: { d: 3, c: [2] }, a: 1 })
    expect(taken).toMatchObject({ seen: 'x', target: '/t' })
    expect(() => tokens.take(token, { a: 1, b: { c: [2], d: 3 } })).toThrow('started already')
    taken.giveBack()
    expect(() => tokens.take(token, { a: 1, b: { c: [2], d: 3 } })).not.toThrow()
  })

  it('fits no other answers, no NO-GO, no later time and no stranger', () => {
    let now = 0
    const tokens = new PreflightTokens(() => now)
    const token = tokens.issue({ into: '/a', secret: { passphrase: 'p' } }, good)
    expect(() => tokens.take(token, { into: '/b', secret: { passphrase: 'p' } })).toThrow('changed')
    expect(() => tokens.take(token, { into: '/a', secret: { passphrase: 'q' } })).toThrow('changed')
    expect(() => tokens.take(tokens.issue({}, { ...good, good: false }), {})).toThrow('NO-GO')
    expect(() => tokens.take('forged', {})).toThrow('no preflight')
    now = 16 * 60_000
    expect(() => tokens.take(token, { into: '/a', secret: { passphrase: 'p' } })).toThrow('15 minutes')
  })
})
