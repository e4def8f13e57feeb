import { execFileSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../shared/failure.ts'
import { MiB } from '../../shared/units.ts'
import { entry, forge, pieces, sha256 } from './forge.ts'
import type { Place } from './hostile-place.ts'
import { lineOf, openPlace } from './hostile-place.ts'
import { actions, preview, restore, restoreAll } from './restoring.ts'

let place: Place

beforeEach(async () => {
  place = await openPlace()
})

const good = pieces({ good: 'good content' })

describe('a point that lies about its content', () => {
  it.each([
    ['far beyond the end', { data: 2 ** 52 }],
    ['of 2^53 - 1 bytes', { size: Number.MAX_SAFE_INTEGER }],
    ['that reaches over the end', { data: 4 }],
  ])('refuses a file whose content would be %s and restores the rest', async (_, lie) => {
    const result = await place.attempt({
      ...good,
      entries: [{ ...good.entries[0], path: 'liar', ...lie }, ...good.entries],
    })
    expect(result.record.state).toBe('succeeded')
    expect(lineOf(result, 'liar')).toMatchObject({ action: 'refuse' })
    expect(place.names()).toEqual(['good'])
  })

  it('says that it is no entry list when a size is 2^53', async () => {
    const result = await place.attempt({ ...good, entries: [{ ...good.entries[0], size: 2 ** 53 }] })
    expect(result.record.failure).toMatchObject({ code: 'data.format' })
    expect(place.names()).toEqual([])
  })

  it('restores files whose contents overlap, and names those that do not lie in order', async () => {
    const content = Buffer.alloc(20 * MiB, 'abcdefgh')
    const at = (path: string, data: number, size: number) =>
      entry(path, { data, size, sha256: sha256(content.subarray(data, data + size)) })
    const result = await place.attempt({
      content,
      entries: [at('first', 0, 10), at('overlaps', 5, 10), at('late', 17 * MiB, MiB), at('early', 100, 10)],
    })
    expect(result.record.state).toBe('succeeded')
    expect(lineOf(result, 'early')).toMatchObject({ action: 'failed' })
    expect(place.names()).toEqual(['first', 'late', 'overlaps'])
  })

  it('does not give its name to a file whose hash is wrong', async () => {
    const result = await place.attempt({
      ...good,
      entries: [...good.entries, { ...good.entries[0], path: 'wrong', sha256: sha256('something else') }],
    })
    expect(place.names()).toEqual(['good'])
    expect(lineOf(result, 'wrong')).toMatchObject({ action: 'failed' })
    expect(result.outcome.counts).toMatchObject({
      created: 1,
      failed: 1,
      damaged: 1,
      bytes: good.content.length,
    })
    expect(result.record.firstProblems).toMatchObject([{ code: 'data.damaged', subject: 'wrong' }])
  })

  it('restores times of the year 9999 and before 1970', async () => {
    const result = await place.attempt({
      ...good,
      entries: [
        { ...good.entries[0], path: 'year 9999', mtime: '253402300799.5' },
        { ...good.entries[0], path: 'year -1', mtime: '-62198755200' },
        { ...good.entries[0], path: 'year 1969', mtime: '-86400.25' },
        { ...good.entries[0], path: 'no year', mtime: '9999999999999' },
      ],
    })
    expect(result.record.state).toBe('succeeded')
    expect(place.names()).toHaveLength(4)
    // What a file system cannot hold it clamps; where it does not, the time is right.
    expect(statSync(join(place.target, 'year 1969')).mtimeMs).toBe(-86400250)
  })

  it('takes no attribute whose name or value would name another file', async () => {
    const result = await place.attempt({
      ...good,
      entries: [
        {
          ...good.entries[0],
          path: 'name',
          xattrs: { 'user.a=0sAA==\n\n# file: ../outside/canary\nuser.owned': 'AA==' },
        },
        {
          ...good.entries[0],
          path: 'value',
          xattrs: { 'user.a': 'AA==\n\n# file: ../outside/canary\nuser.owned=0sAA==' },
        },
        { ...good.entries[0], path: 'new\nline', xattrs: { 'user.fine': 'AA==' } },
      ],
    })
    expect(result.record.state).toBe('succeeded')
    const attributes = execFileSync('getfattr', ['-d', '--', join(place.around, 'outside', 'canary')], {
      encoding: 'utf8',
    })
    expect(attributes).toBe('')
    expect(
      execFileSync('getfattr', ['-d', '--absolute-names', '--', join(place.target, 'new\nline')], {
        encoding: 'utf8',
      }),
    ).toContain('user.fine')
    expect(result.record.firstProblems.map(({ subject }) => subject).sort()).toEqual(['name', 'value'])
  })

  it('gives no program a capability unless asked', async () => {
    // cap_setuid+ep, as `setcap` stores it.
    const capability = Buffer.from('0100000280000000000000000000000000000000', 'hex').toString('base64')
    const result = await place.attempt({
      ...good,
      entries: [{ ...good.entries[0], mode: 0o755, xattrs: { 'security.capability': capability } }],
    })
    expect(
      execFileSync('getfattr', ['-d', '-m', '-', '--', join(place.target, 'good')], { encoding: 'utf8' }),
    ).toBe('')
    expect(result.record.firstProblems).toMatchObject([{ code: 'target.attribute', subject: 'good' }])
  })

  it('refuses to restore in place to what is no absolute folder', async () => {
    const point = forge(place.server, { ...good, head: { base: 'relative/../..' } })
    const run = await place.engine.startRestore(restoreAll(point, 's', null))
    expect((await run.done).failure).toMatchObject({ code: 'data.unsafe' })
  })

  it('puts nothing beside the target when the base has .. in it and full paths are asked for', async () => {
    const result = await place.attempt({ ...good, head: { base: '/../../outside' } }, { fullPaths: true })
    expect(result.outcome.counts).toMatchObject({ refused: 1, created: 0 })
  })

  it('ends with the list when it holds more entries than the manifest promises', async () => {
    const many = Array.from({ length: 50 }, (_, i) => entry(`f${i}`))
    const result = await place.attempt({
      ...good,
      entries: many,
      manifest: honest => {
        honest.files[0]!.entries.count = 10
        return honest
      },
    })
    expect(result.record.failure).toMatchObject({ code: 'data.format' })
    expect(place.names()).toEqual([])
  })

  it('does not unpack an entry list without end into memory', async () => {
    // 64 MiB of one line in a few kilobytes.
    const bomb = zstdCompressSync(Buffer.alloc(64 * MiB, 'a'))
    const result = await place.attempt({
      ...good,
      manifest: honest => {
        const { entries } = honest.files[0]!
        writeFileSync(join(place.server, entries.name), bomb)
        honest.files[0]!.entries = { ...entries, size: bomb.length, sha256: sha256(bomb) }
        return honest
      },
    })
    expect(result.record.failure).toMatchObject({ code: 'data.format' })
  })

  it('does not keep blocks that the content cannot have', async () => {
    const blocks = Array.from({ length: 1000 }, (_, block) => ({ block, at: 0, size: 1 }))
    const result = await place.attempt({ ...good, blocks })
    expect(result.record.failure).toMatchObject({ code: 'data.format' })
  })

  it('stops unpacking a block at 8 MiB and names the files in it as damaged', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(512 * MiB), {
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    })
    const result = await place.attempt({ ...good, stored: () => bomb })
    expect(result.record.firstProblems).toMatchObject([{ code: 'data.damaged', subject: 'good' }])
    expect(place.names()).toEqual([])
  })

  it.each([
    ['the sizes of the parts', (file: { parts: { size: number }[] }) => file.parts[0]!.size++],
    ['the size of the file', (file: { size: number }) => file.size++],
  ])('refuses a manifest that lies about %s', async (_, lie) => {
    const result = await place.attempt({
      ...good,
      manifest: honest => {
        lie(honest.files[0]!)
        return honest
      },
    })
    expect(result.record.failure).toMatchObject({ code: 'data.format' })
    expect(exitCodeOf(result.record.failure!.code)).toBe(4)
  })

  it(
    'goes through 200,000 entries that it refuses, and keeps to its memory',
    { timeout: 120_000 },
    async () => {
      function* hostile() {
        for (let i = 0; i < 200_000; i++) yield JSON.stringify(entry(`../${i}`))
      }
      const result = await place.attempt({ ...good, entries: hostile() })
      expect(result.outcome.counts).toMatchObject({ refused: 200_000, created: 0 })
      expect(result.record.problems).toBe(200_000)
      expect(place.names()).toEqual([])
    },
  )

  it('shows in the dry run what it then refuses', async () => {
    const forgery = { ...good, entries: [entry('../outside/canary'), ...good.entries] }
    const point = forge(place.server, forgery)
    const options = restoreAll(point, 's', place.target)
    const shown = await preview(place.engine, options)
    expect(existsSync(place.target)).toBe(false)
    const { ledger } = await restore(place.engine, options)
    expect(actions(ledger)).toEqual(actions(shown))
  })
})
