import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProofReport } from '../../shared/contract/proof.ts'
import type { RestoreOptions } from '../../electron/engine/restore/options.ts'
import { openTestService, type TestService } from '../service/support.ts'
import { noise } from '../support/tree.ts'

const minute = 60_000

/** A service with a server, a system with targets, a plan, and a point that its run made. */
async function withPoint(size = 200_000): Promise<{ test: TestService; point: string; server: string }> {
  const test = await openTestService()
  const data = join(test.root, 'data')
  const server = join(test.root, 'disk')
  await mkdir(join(data, 'sub'), { recursive: true })
  await writeFile(join(data, 'a.bin'), noise(size, 'a'))
  await writeFile(join(data, 'sub', 'b.bin'), noise(size, 'b'))
  await test.call('server.save', {
    record: { type: 'local', name: 'disk', path: server },
    secrets: null,
    replaces: null,
  })
  await test.call('system.save', {
    record: { name: 'Files', kind: 'folder', dataLossTarget: 60, recoveryTarget: 30 },
    replaces: null,
  })
  await test.call('plan.save', {
    settings: {
      ...{ name: 'docs', system: 'Files', source: { kind: 'files', paths: [data], excludes: [] } },
      ...{ schedule: { kind: 'daily', at: '02:30' }, zone: 'UTC', servers: ['disk'] },
      keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
      ...{ compression: 'none', level: 0, encryptTo: null, before: null, after: null },
      ...{ missed: 'skip', limit: null, verifyAfter: false },
    },
    replaces: null,
    passphrase: null,
  })
  const { runId } = await test.call('plan.run', { name: 'docs' })
  const run = await test.sees<{ id: string; state: string; outcome: { point: string } }>(
    'run.changed',
    one => one.id === runId && one.state === 'succeeded',
  )
  return { test, point: run.outcome.point, server }
}

async function restore(
  test: TestService,
  point: string,
  rest: Partial<RestoreOptions> = {},
): Promise<string> {
  const run = await test.engine.startRestore({
    ...{ point, server: 'disk', into: join(test.root, 'out'), only: [], overwrite: 'never' },
    ...{ fullPaths: false, numericIds: false, special: false, limit: null },
    ...rest,
  })
  await run.done
  return run.id
}

const lines = (report: ProofReport) => report.notProven.join('\n')

describe('the report of a restore', () => {
  it('tells what was restored, by whom, how long it took against the targets, what is proven and what is not', async () => {
    const { test, point, server } = await withPoint()
    const runId = await restore(test, point)
    const report = await test.call('proof.show', { runId })
    const name = (await readdir(server)).find(file => file.endsWith('.manifest.json')) ?? ''
    const manifest = await readFile(join(server, name))
    expect(report).toMatchObject({
      ...{ result: 'restored', point, system: 'Files', plan: 'docs', outage: null, problemCount: 0 },
      server: { name: 'disk', about: `local folder ${server}` },
      target: { folder: join(test.root, 'out') },
      tool: 'drydock 0.0.0-test',
      manifestSha256: createHash('sha256').update(manifest).digest('hex'),
      counts: { files: 2, bytes: 400_000, failed: 0, damaged: 0 },
    })
    expect(report.operator).not.toBe('')
    expect(report.measured.recoveryTime).toMatchObject({ targetMs: 30 * minute })
    expect(report.measured.dataLost.targetMs).toBe(60 * minute)
    expect(report.phases.map(({ name: phase }) => phase)).toEqual([
      'starting',
      'reading the entry list',
      'planning',
      'restoring',
      'making it durable',
    ])
    expect(report.phases[0]?.from).toBe(report.started)
    expect(report.phases.at(-1)?.to).toBe(report.ended)
    report.phases.reduce((before, phase) => (expect(phase.from).toBe(before.to), phase))
    expect(report.proven.join('\n')).toMatch(/2 files, .* SHA-256 of every byte/)
    expect(lines(report)).toMatch(/application starts/)
    expect(lines(report)).toMatch(/not signed/)
    const { proofs } = await test.call('proof.list')
    expect(proofs).toMatchObject([{ runId, result: 'restored', bytes: 400_000, system: 'Files' }])
  })

  it('counts the recovery from the declaration of an outage, and keeps the targets of that day', async () => {
    const { test, point } = await withPoint()
    const { declared } = await test.call('outage.declare', { note: 'fire' })
    const runId = await restore(test, point)
    await test.call('outage.end')
    const report = await test.call('proof.show', { runId })
    expect(report.outage).toBe(declared)
    expect(report.phases[0]).toMatchObject({
      name: 'before the restore was started',
      from: declared,
      to: report.started,
    })
    expect(report.measured.recoveryTime?.ms).toBe(Date.parse(report.ended ?? '') - Date.parse(declared))
    await test.call('system.save', {
      record: { name: 'Files', kind: 'folder', dataLossTarget: 1, recoveryTarget: 1 },
      replaces: 'Files',
    })
    expect(await test.call('proof.show', { runId })).toEqual(report)
  })

  it('names what was left, what was not asked for, and the damage', async () => {
    const { test, point, server } = await withPoint()
    await mkdir(join(test.root, 'out', 'data'), { recursive: true })
    await writeFile(join(test.root, 'out', 'data', 'a.bin'), 'mine')
    const left = await test.call('proof.show', {
      runId: await restore(test, point, { only: ['data/a.bin'] }),
    })
    expect(left.counts).toMatchObject({ left: 1, files: 0 })
    expect(left.missing).toMatchObject({ files: 1, ofFiles: 1 })
    expect(left.missing?.bytes).toBe(left.missing?.ofBytes)
    expect(left.missing?.names).toHaveLength(1)
    expect(lines(left)).toMatch(/1 entry was left as it stood/)
    expect(lines(left)).toMatch(/Only a part of the point was asked for/)
    const file = (await readdir(server)).find(name => name.endsWith('.tar')) ?? ''
    const bytes = await readFile(join(server, file))
    await writeFile(join(server, file), bytes.fill(0, 100_000, 100_100))
    const runId = await restore(test, point, { into: join(test.root, 'other') })
    const damaged = await test.call('proof.show', { runId })
    expect(damaged.result).toBe('restored-with-problems')
    expect(damaged.counts.damaged).toBeGreaterThan(0)
    expect(damaged.problems).toHaveLength(damaged.problemCount)
    expect(damaged.problems[0]).toMatchObject({ code: 'data.damaged' })
    expect(lines(damaged)).toMatch(/could not be restored/)
  })

  it('has one for a restore that failed: no recovery time, and how far it came', async () => {
    const { test, point, server } = await withPoint()
    for (const name of await readdir(server)) if (name.includes('.entries.')) await rm(join(server, name))
    const runId = await restore(test, point)
    const report = await test.call('proof.show', { runId })
    expect(report).toMatchObject({
      result: 'failed',
      failure: { code: 'data.missing' },
      counts: { files: 0 },
      measured: { recoveryTime: null },
    })
    expect(lines(report)).toMatch(/did not come to its end/)
    expect((await test.call('proof.list')).proofs).toMatchObject([{ runId, result: 'failed' }])
  })

  it('has one for a restore that was cancelled, and another once it was taken up again', async () => {
    const { test, point } = await withPoint(12_000_000)
    const run = await test.engine.startRestore({
      ...{ point, server: 'disk', into: join(test.root, 'out'), only: [], overwrite: 'never' },
      ...{ fullPaths: false, numericIds: false, special: false, limit: 8_000_000 },
    })
    expect(await test.fails('proof.show', { runId: run.id })).toMatchObject({ code: 'run.conflict' })
    for await (const { progress } of run.snapshots()) if (progress.bytes > 0) break
    await run.cancel()
    await run.done
    const cancelled = await test.call('proof.show', { runId: run.id })
    expect(cancelled).toMatchObject({ result: 'cancelled', failure: { code: 'cancelled' } })
    expect(cancelled.counts.bytes).toBeGreaterThan(0)
    const again = await test.call('run.resume', { runId: run.id })
    await test.call('run.limit', { runId: again.runId, bytesPerSecond: null })
    await test.sees<{ id: string; state: string }>(
      'run.changed',
      one => one.id === run.id && one.state === 'succeeded',
    )
    const whole = await test.call('proof.show', { runId: run.id })
    expect(whole.result).toBe('restored')
    expect(whole.phases.map(({ name }) => name)).toContain('not worked on')
    expect(lines(whole)).toMatch(/taken up again/)
  })

  it('makes a report without what cannot be read', async () => {
    const { test, point } = await withPoint()
    const runId = await restore(test, point)
    const folder = join(test.home, 'runs', runId)
    await rm(join(folder, 'proof.json'), { force: true })
    await truncate(join(folder, 'read-from.json'), 10)
    const report = await test.call('proof.show', { runId })
    expect(report).toMatchObject({ result: 'restored', manifestSha256: null, counts: { files: 2 } })
    expect(lines(report)).toMatch(/not noted/)
    const log = await readFile(join(test.home, 'logs', 'console.log'), 'utf8')
    expect(log).toMatch(/the report of a restore cannot be read/)
  })

  it('refuses runs that are no restore, and unknown ones', async () => {
    const { test } = await withPoint()
    const [backup] = (await test.call('run.list', {})).runs
    expect(await test.fails('proof.show', { runId: backup?.id })).toMatchObject({ code: 'input.invalid' })
    expect(await test.fails('proof.show', { runId: '20200101T000000Z-aaaaaaaa' })).toMatchObject({
      code: 'run.unknown',
    })
    expect((await test.call('proof.list')).proofs).toEqual([])
  })
})
