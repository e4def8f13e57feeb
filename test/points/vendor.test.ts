import {
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  mkdirSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from '../../electron/engine/archive/entry.ts'
import type { VerifyOutcome } from '../../electron/engine/points/verify-run.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { openTestEngine } from '../support/engine.ts'
import { noise } from '../support/tree.ts'
import { countReads } from '../restore/count-reads.ts'
import { sha256 } from '../restore/forge.ts'
import { actions, preview, restore, restoreAll, resultOf } from '../restore/restoring.ts'

const point = 'vendor@20230315T070000'
const files: Record<string, Buffer> = {
  'certificate_service_certs_20230315T070000_dump.tar.gz': Buffer.from('certificates'),
  'mongo_20230315T070000.dump.gz': noise(3 * MiB, 'mongo'),
  'postgres_20230315T070000_dump.tar.gz': noise(2 * MiB, 'postgres'),
}
const names = Object.keys(files)

let test: TestEngine
let server: string
let target: string

beforeEach(async () => {
  test = await openTestEngine()
  server = await test.addServer('s')
  target = join(test.root, 'target')
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(server, name), bytes)
    utimesSync(join(server, name), 1_678_863_600, 1_678_863_600)
  }
  writeFileSync(join(server, 'mongo_latest.dump.gz'), 'a copy')
})

const verify = async (deep: boolean) =>
  await (
    await test.engine.startVerify({ point, server: 's', deep, limit: null })
  ).done

describe('a vendor’s files without a manifest', () => {
  it('are listed as entries, each as large as it is, without a hash', async () => {
    for (const name of [point, 'vendor@latest']) {
      const opened = await test.engine.points.open(name)
      expect(opened).toMatchObject({ point, server: 's', manifest: { encryption: null } })
      const entries: Entry[] = []
      for await (const entry of test.engine.points.entries(opened, {})) entries.push(entry)
      expect(entries.map(({ path, size }) => [path, size])).toEqual(
        names.map(name => [name, files[name]!.length]),
      )
      expect(entries[0]).toMatchObject({ kind: 'file', sha256: null, mtime: '1678863600' })
      const chosen: string[] = []
      for await (const { path } of test.engine.points.entries(opened, { only: ['mongo*'] })) chosen.push(path)
      expect(chosen).toEqual(['mongo_20230315T070000.dump.gz'])
    }
    await expect(test.engine.points.open('vendor@20230315T070001')).rejects.toMatchObject({
      code: 'data.missing',
    })
  })

  it('are verified as far as that goes: sizes, and with deep every byte read and its hash told', async () => {
    const plain = await verify(false)
    expect(plain).toMatchObject({ state: 'succeeded', outcome: { files: 3, bytes: 0, hashes: [] } })
    const deep = await verify(true)
    const outcome = deep.outcome as VerifyOutcome
    expect(deep.state).toBe('succeeded')
    expect(outcome.bytes).toBe(5 * MiB + 12)
    expect(outcome.hashes).toEqual(
      names.map(name => ({ name, size: files[name]!.length, sha256: sha256(files[name]!) })),
    )
    expect(outcome.unproven).toContain('no hashes to compare with')
  })

  it('are found damaged when less can be read than the listing says', async () => {
    countReads(test.engine, name => {
      if (name.startsWith('mongo')) truncateSync(join(server, name), MiB)
    })
    const { failure, firstProblems } = await verify(true)
    expect(failure?.code).toMatch(/^data\./)
    expect(firstProblems).toMatchObject([{ subject: 'mongo_20230315T070000.dump.gz' }])
  })

  it('are restored as they are, read back, and listed with their hashes', async () => {
    const options = restoreAll(point, 's', target)
    const shown = await preview(test.engine, options)
    expect(existsSync(target)).toBe(false)
    const { record, outcome, ledger } = await restore(test.engine, options)
    expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
    expect(actions(ledger)).toEqual(actions(shown))
    expect(actions(ledger)).toEqual(names.map(name => `${name} create`))
    expect(outcome.counts).toMatchObject({ created: 3, files: 3, bytes: 5 * MiB + 12 })
    expect(readdirSync(target).sort()).toEqual(names)
    for (const name of names) {
      expect(readFileSync(join(target, name)).equals(files[name]!)).toBe(true)
      expect(statSync(join(target, name)).mtimeMs).toBe(1_678_863_600_000)
      expect(ledger.find(({ path }) => path === name)?.detail).toBe(`SHA-256 ${sha256(files[name]!)}`)
    }
  })

  it('are left, replaced or refused as the policy says, and chosen by GLOBs', async () => {
    mkdirSync(target)
    writeFileSync(join(target, names[0]!), 'old')
    utimesSync(join(target, names[0]!), 1, 1)
    mkdirSync(join(target, names[1]!))
    mkdirSync(join(test.root, 'outside'))
    writeFileSync(join(test.root, 'outside/canary'), 'sings')
    symlinkSync('../outside/canary', join(target, names[2]!))
    const never = await restore(test.engine, restoreAll(point, 's', target))
    expect(never.outcome.counts).toMatchObject({ left: 3, created: 0 })
    const older = await restore(
      test.engine,
      restoreAll(point, 's', target, { overwrite: 'older', only: ['certificate*', 'mongo*'] }),
    )
    expect(older.outcome.counts).toMatchObject({ replaced: 1, refused: 1 })
    const always = await restore(
      test.engine,
      restoreAll(point, 's', target, { overwrite: 'always', only: ['postgres*'] }),
    )
    expect(always.outcome.counts).toMatchObject({ replaced: 1 })
    expect(readFileSync(join(test.root, 'outside/canary'), 'utf8')).toBe('sings')
    expect(readFileSync(join(target, names[2]!)).equals(files[names[2]!]!)).toBe(true)
    const inPlace = await restore(test.engine, restoreAll(point, 's', null))
    expect(inPlace.record.failure).toMatchObject({ code: 'input.invalid' })
  })

  it('leave nothing half under a real name when cancelled, and are resumed with the next file', async () => {
    let stop = () => {}
    countReads(test.engine, name => {
      if (name.startsWith('postgres')) stop()
    })
    const run = await test.engine.startRestore(restoreAll(point, 's', target))
    stop = () => run.stop('operator')
    const record = await run.done
    expect(record.state).toBe('cancelled')
    expect(readdirSync(target).sort()).toEqual(names.slice(0, 2))
    const counted = countReads(test.engine)
    const result = await resultOf(await (await test.engine.resume(run.id)).done)
    expect(result.record).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(counted.bytesOf('.gz')).toBe(2 * MiB)
    expect(actions(result.ledger)).toEqual(names.map(name => `${name} create`))
    expect(readdirSync(target).sort()).toEqual(names)
  })

  it('are named when one of them has gone meanwhile; the others are restored', async () => {
    const opened = await test.engine.points.open(point)
    expect(opened.vendor).toHaveLength(3)
    countReads(test.engine, () => rmSync(join(server, names[1]!), { force: true }))
    const { record, outcome, ledger } = await restore(test.engine, restoreAll(point, 's', target))
    expect(record.state).toBe('succeeded')
    expect(outcome.counts).toMatchObject({ created: 2, failed: 1, damaged: 1 })
    expect(ledger.find(({ action }) => action === 'failed')?.path).toBe(names[1])
    expect(readdirSync(target).sort()).toEqual([names[0], names[2]])
  })
})
