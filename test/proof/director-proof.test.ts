import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ProofBook } from '../../electron/engine/proof/index.ts'
import type { OutageSpan } from '../../electron/engine/proof/index.ts'
import { RunRegistry } from '../../electron/engine/run/index.ts'
import { proofReport } from '../../shared/contract/proof.ts'
import {
  directorOutput,
  directorPreflightMade,
  directorRequestMade,
  writeDirectorRun,
} from '../support/director-run-folder.ts'
import { tempFolder } from '../support/temp-folder.ts'

const minute = 60_000
const site = { name: 'Head office', dataLossTarget: 24 * 60, recoveryTarget: 60 }

async function withRun(
  change: Parameters<typeof writeDirectorRun>[1] = {},
  outages: readonly OutageSpan[] = [],
  about: string | null = 'S3, s3.offsite.example.com, bucket dr-copies',
) {
  const home = await tempFolder()
  const id = await writeDirectorRun(home, change)
  const spans = [...outages]
  const open = () =>
    new ProofBook({
      runs: new RunRegistry(home),
      belongs: async point => ({ plan: point.split('@')[0] ?? null, system: site }),
      outages: async () => spans,
      server: async () => about,
      deployment: async () => null,
    })
  return { home, id, open, spans, folder: join(home, 'runs', id) }
}

describe('the report of a Director restore', () => {
  it('has hosts, files with hashes, diffs, recap, exit status, terminal and versions when all went well', async () => {
    const { id, open } = await withRun()
    const report = await open().show(id)
    expect(proofReport.parse(report)).toEqual(report)
    expect(report).toMatchObject({
      ...{ title: 'Restore of Director dr-site', result: 'restored', point: 'director@20260326T131502' },
      target: { host: 'operator@198.51.100.30:22', folder: '/opt/zwan/deployment/setup' },
      server: { name: 'offsite', about: 'S3, s3.offsite.example.com, bucket dr-copies' },
      counts: { files: 5, bytes: 15_000 },
      director: {
        deployment: { name: 'dr-site', host: 'operator@198.51.100.30:22' },
        ...{ mode: 'standalone', exit: 0 },
        hosts: [{ name: 'director-dr', ip: '198.51.100.21', erased: true }],
        diffs: [{ file: 'restore.yml', changed: 1, keptAs: 'restore.yml.20260326T140310Z' }],
        recap: [{ host: 'server1', ok: 38, failed: 0 }],
        terminal: {
          bytes: directorOutput.length,
          sha256: createHash('sha256').update(directorOutput).digest('hex'),
        },
        versions: { drydock: '0.1.0', host: 'Ubuntu 22.04, ansible 2.14.3' },
        sinceStart: 29 * minute + 52_000,
      },
    })
    expect(report.director?.files.map(({ sha256 }) => sha256?.[0])).toEqual(['1', '2', '3', '4', '5'])
    // A file that stays as it was is no difference.
    expect(report.director?.diffs).toHaveLength(1)
    const proven = report.proven.join('\n')
    expect(proven).toMatch(/5 of 5 files, .*read from offsite as a whole before the restore began/)
    expect(proven).toMatch(/exit status is 0/)
    expect(proven).toMatch(
      /named 1 host in its recap, none with a task that failed: server1 38 ok, 19 changed/,
    )
  })

  it('belongs to the system whose restore point its files were, with its targets, and else to none', async () => {
    const outcome = { exit: 0, recap: [], written: [], points: ['dc-config@20260326T131502Z'] }
    const ours = await withRun({ record: { outcome } })
    expect(await ours.open().show(ours.id)).toMatchObject({
      ...{ system: 'Head office', plan: 'dc-config' },
      measured: {
        dataLost: { targetMs: 24 * 60 * minute },
        recoveryTime: { ms: 29 * minute + 52_000, targetMs: 60 * minute },
      },
    })
    const theirs = await withRun()
    expect(await theirs.open().show(theirs.id)).toMatchObject({
      ...{ system: null, plan: null },
      measured: { dataLost: { targetMs: null }, recoveryTime: { targetMs: null } },
    })
  })

  it('always says that nobody looked inside the databases, and names the pages nobody looked at', async () => {
    const { id, open } = await withRun()
    const { notProven } = await open().show(id)
    expect(notProven[0]).toMatch(/^The databases: Drydock did not look inside/)
    expect(notProven).toContain('Director pages: nobody has looked at them yet.')
    expect(notProven).toContain('Analytics pages: nobody has looked at them yet.')
    expect(notProven.join('\n')).toMatch(/fetched the files from offsite itself/)
  })

  it('takes in what the operator noted after it was kept, and keeps what was measured', async () => {
    const { id, open, folder, spans } = await withRun()
    const before = await open().show(id)
    // Declared late, over the whole run: the report of that day does not change.
    spans.push({ declared: '2026-03-26T13:51:30.000Z', ended: null, recoveryTarget: 60 })
    expect(await open().show(id)).toEqual(before)
    const checks = [
      { id: 'director', ok: true, note: '212 sites' },
      { id: 'analytics', ok: false, note: 'no data before March.' },
    ]
    await writeFile(join(folder, 'afterwards.json'), JSON.stringify({ checks }))
    const after = await open().show(id)
    expect(after.measured).toEqual(before.measured)
    expect(after.outage).toBeNull()
    expect(after.result).toBe('restored-with-problems')
    expect(after.director?.afterwards).toEqual(checks)
    expect(after.proven).toContain('Director pages: m.keller looked, and all is there (212 sites).')
    expect(after.notProven).toContain(
      'Analytics pages: m.keller looked, and something is wrong (no data before March).',
    )
    expect(after.notProven.join('\n')).not.toMatch(/nobody has looked/)
    expect(after.notProven[0]).toMatch(/^The databases/)
    expect(await open().show(id)).toEqual(after)
  })

  it('counts recovery from the declared outage against its target, and data lost from the stamp', async () => {
    const { id, open } = await withRun({}, [
      { declared: '2026-03-26T13:51:30.000Z', ended: null, recoveryTarget: 60 },
    ])
    const { measured, director, outage, phases } = await open().show(id)
    expect(outage).toBe('2026-03-26T13:51:30.000Z')
    expect(measured.recoveryTime).toEqual({ ms: 41 * minute + 33_000, targetMs: 60 * minute })
    expect(measured.dataLost).toEqual({ ms: 36 * minute + 28_000, targetMs: null })
    expect(director?.sinceStart).toBe(29 * minute + 52_000)
    expect(phases[0]?.name).toBe('before the restore was started')
  })

  it('says how far a failed one came, and what state the hosts are in', async () => {
    const { id, open } = await withRun({
      record: {
        state: 'failed',
        outcome: null,
        failure: { code: 'local.command', during: 'director.restore', retry: 'after-fix' },
      },
      state: { exit: 2, hostState: 'server1 is half restored: run it again.', task: 'restore mongo dump' },
    })
    const report = await open().show(id)
    expect(report).toMatchObject({ result: 'failed', measured: { recoveryTime: null }, counts: { files: 0 } })
    expect(report.director?.exit).toBe(2)
    expect(report.notProven[0]).toBe(
      'The restore did not come to its end, the last task was restore mongo dump: server1 is half restored: run it again.',
    )
    expect(report.proven.join('\n')).not.toMatch(/exit status is 0/)
  })

  it('is restored with problems when Ansible failed on a host though the script ended with 0', async () => {
    const one = { host: 'server2', ok: 3, changed: 1, skipped: 0, rescued: 0, ignored: 0 }
    const { id, open } = await withRun({ state: { recap: [{ ...one, unreachable: 1, failed: 2 }] } })
    const { result, notProven, proven } = await open().show(id)
    expect(result).toBe('restored-with-problems')
    expect(notProven).toContain('server2: 2 tasks failed, 1 task did not reach it.')
    expect(proven.join('\n')).not.toMatch(/in its recap/)
  })

  it('claims nothing of hosts when only the play on the deployment host ended', async () => {
    const one = { host: 'localhost', ok: 4, changed: 1, skipped: 0, rescued: 0, ignored: 0 }
    const { id, open } = await withRun({ state: { recap: [{ ...one, unreachable: 0, failed: 0 }] } })
    const { notProven, proven } = await open().show(id)
    expect(proven.join('\n')).not.toMatch(/in its recap/)
    expect(notProven).toContain('That any host was restored: Ansible named none in its recap.')
  })

  it('is made of the record alone when the files beside it are gone or damaged', async () => {
    const { id, open, folder } = await withRun({ state: null, preflight: null, output: null }, [], null)
    await writeFile(join(folder, 'director.json'), '{"host": 7, "exit": 0, "recap": "none"}')
    await writeFile(join(folder, 'afterwards.json'), 'not json')
    const report = await open().show(id)
    expect(report.director).toMatchObject({
      deployment: { name: 'dr-site', host: 'not noted', folder: 'not noted' },
      ...{ files: [], diffs: [], terminal: null, exit: 0, afterwards: [] },
      recap: [{ host: 'server1' }],
    })
    expect(report.server.about).toBe('not noted')
    expect(report.notProven.join('\n')).toMatch(/was not noted/)
    expect(report.notProven).toContain('The output of the script was not kept.')
  })

  it('tells that the files are as they were adopted, when all of them are', async () => {
    const adopted = { at: '2026-03-27T08:00:00.000Z', on: 'nas' }
    const files = directorPreflightMade.files.map(file => ({ ...file, adopted }))
    const { id, open } = await withRun({ preflight: { ...directorPreflightMade, files } })
    const { proven, notProven } = await open().show(id)
    expect(proven[1]).toMatch(/SHA-256 that they were adopted with on 2026-03-27, as it is kept on nas/)
    expect(notProven.join('\n')).toMatch(/compared with what they were on 2026-03-27/)
    const four = files.map((file, index) => (index === 3 ? directorPreflightMade.files[3] : file))
    const other = await withRun({ preflight: { ...directorPreflightMade, files: four } })
    expect((await other.open().show(other.id)).proven.join('\n')).not.toMatch(/adopted/)
  })

  it('names files that were not read whole, the served way, and what the vendor leaves out over SFTP', async () => {
    const files = directorPreflightMade.files.map((file, index) =>
      index === 0 ? { ...file, sha256: null } : file,
    )
    const { id, open } = await withRun(
      {
        preflight: { ...directorPreflightMade, files },
        record: { options: { ...directorRequestMade, fetch: 'served' } },
      },
      [],
      'SFTP, drydock@192.0.2.5:22, /srv',
    )
    const { notProven, proven } = await open().show(id)
    expect(proven[0]).toMatch(/^4 of 5 files/)
    const text = notProven.join('\n')
    expect(text).toMatch(/1 file was looked at by size and head only: mongo_20260326T131502\.dump\.gz/)
    expect(text).toMatch(/Drydock served them/)
    expect(text).toMatch(/Analytics configuration: the vendor does not support it over SFTP/)
  })

  it('stands in the list with the others', async () => {
    const { open, id } = await withRun()
    expect(await open().list()).toMatchObject([
      { runId: id, result: 'restored', bytes: 15_000, missing: 0, title: 'Restore of Director dr-site' },
    ])
  })
})
