import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { RunRegistry, pruneDaily, pruneRuns } from '../../electron/engine/run/index.ts'
import type { StoredRun } from '../../electron/engine/run/index.ts'
import { backUp, filesBackup, openTestEngine } from '../support/engine.ts'
import { tempFolder } from '../support/temp-folder.ts'

const now = Date.parse('2027-06-01T00:00:00Z')
const dayMs = 86_400_000

let home: string
let registry: RunRegistry
let made = 0

/** A run that began and ended `days` ago. */
function put(days: number, change: Partial<StoredRun> = {}): string {
  const at = new Date(now - days * dayMs).toISOString()
  const tail = (made++).toString(10).padStart(4, '0')
  const id = `${at.slice(0, 19).replace(/[-:]/g, '')}Z-${tail}`
  const record = {
    ...{ id, kind: 'backup', state: 'succeeded', about: 'docs → nas', started: at, ended: at },
    ...{ problems: 0, firstProblems: [], progress: { phase: 'done', bytes: 0, total: null, files: 0 } },
    ...{ failure: null, options: null, outcome: null, seq: 9, control: null, ...change },
  }
  const folder = join(home, 'runs', id)
  mkdirSync(join(folder, 'scratch'), { recursive: true })
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record))
  writeFileSync(join(folder, 'log.txt'), 'a log')
  return id
}
const prune = (days = 400) => pruneRuns(registry, { days, now })
const left = () => readdirSync(join(home, 'runs')).sort()

beforeEach(async () => {
  home = await tempFolder()
  registry = new RunRegistry(home)
  made = 0
})

describe('pruneRuns', () => {
  it('removes what went well long ago, and never a restore or what may still be looked into', async () => {
    const gone = [
      put(1000),
      put(900, { kind: 'verify' }),
      put(800, { kind: 'copy' }),
      put(401, { problems: 3 }),
    ]
    const stays = [
      put(1000, { kind: 'restore' }),
      put(900, { state: 'failed' }),
      put(900, { state: 'cancelled' }),
      // Nobody works on it any more: it is interrupted.
      put(900, { state: 'running', ended: null }),
      // Begun long ago and resumed to its end of late.
      put(900, { ended: new Date(now - dayMs).toISOString() }),
      put(399),
    ]
    const damaged = put(950)
    writeFileSync(join(home, 'runs', damaged, 'run.json'), 'no record')
    const newest = Array.from({ length: 200 }, () => put(1))
    expect((await prune()).sort()).toEqual(gone.sort())
    expect(left()).toEqual([...stays, damaged, ...newest].sort())
    expect(await prune()).toEqual([])
  })

  it('keeps the newest ones, whatever the clock says', async () => {
    for (let n = 0; n < 250; n++) put(1000 - n)
    expect(await pruneRuns(registry, { days: 400, now: now + 50_000 * dayMs })).toHaveLength(50)
    expect(left()).toHaveLength(200)
  })

  it('removes so many at once and no more, the oldest first, and the rest the next time', async () => {
    const ids = Array.from({ length: 650 }, (_, n) => put(2000 - n))
    expect(await prune()).toEqual(ids.slice(0, 200))
    expect(await prune()).toEqual(ids.slice(200, 400))
    expect(await prune()).toEqual(ids.slice(400, 450))
  })

  it('finishes what a process that died had begun to remove', async () => {
    mkdirSync(join(home, 'runs', '.old-20200101T000000Z-abcd'), { recursive: true })
    writeFileSync(join(home, 'runs', '.old-20200101T000000Z-abcd', 'log.txt'), 'x')
    expect((await registry.list()).records).toEqual([])
    await prune()
    expect(left()).toEqual([])
  })

  it('is done at the start, with the days of the settings', async () => {
    const old = put(50)
    for (let n = 0; n < 200; n++) put(1)
    const told: unknown[] = []
    const end = pruneDaily(registry, {
      days: async () => 40,
      clock: { now: () => now, monotonic: () => performance.now() },
      log: (_level, _message, fields) => void told.push(fields),
    })
    while (left().includes(old)) await new Promise(resolve => setTimeout(resolve, 5))
    await end()
    expect(told).toEqual([{ runs: 1, days: 40 }])
  })
})

describe('the folder of a run', () => {
  it('keeps no list of what was backed up, verified or copied once the run has succeeded', async () => {
    const test = await openTestEngine()
    await test.addServer('a')
    await test.addServer('b')
    writeFileSync(join(test.root, 'secret-name'), 'content')
    const backup = await backUp(test, filesBackup([join(test.root, 'secret-name')], ['a']))
    const { point } = backup.outcome as { point: string }
    const verified = await (
      await test.engine.startVerify({ point, server: 'a', deep: true, limit: null })
    ).done
    const copied = await (await test.engine.startCopy({ point, from: 'a', to: 'b', limit: null })).done
    for (const record of [backup, verified, copied]) {
      expect(record.state).toBe('succeeded')
      expect(readdirSync(join(test.home, 'runs', record.id)).sort()).toEqual([
        'journal.jsonl',
        'lock.1',
        'log.txt',
        'problems.jsonl',
        'run.json',
      ])
    }
  })
})
