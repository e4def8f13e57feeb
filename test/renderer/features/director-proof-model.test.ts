import { describe, expect, it } from 'vitest'
import type { DirectorProof, ProofReport } from '../../../shared/contract/proof.ts'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import {
  directorFigures,
  directorReason,
  hostsOf,
  shortHash,
  unlooked,
} from '../../../renderer/features/proofs/director-model.ts'
import { toLine } from '../../../renderer/features/proofs/model.ts'
import { expectedPhases, leftOfPhases, phasesOf } from '../../../renderer/features/runs/run-model.ts'
import { directorRequestMade } from '../../support/director-run-folder.ts'

const minute = 60_000
const host = { ok: 38, changed: 19, unreachable: 0, failed: 0, skipped: 3, rescued: 0, ignored: 0 }
const director: DirectorProof = {
  deployment: { name: 'dr-site', host: 'this machine', folder: '/opt/zwan' },
  mode: 'cluster',
  hosts: [
    { name: 'one', ip: '192.0.2.1', erased: true },
    { name: 'two', ip: '192.0.2.2', erased: true },
    { name: 'spare', ip: '192.0.2.3', erased: false },
  ],
  files: [
    { component: 'mongo', name: 'm', bytes: 1024, sha256: 'ab'.repeat(32) },
    { component: 'elk', name: 'e', bytes: 1024, sha256: null },
  ],
  ...{ diffs: [], exit: 0, terminal: null, afterwards: [], sinceStart: 29 * minute },
  recap: [
    { ...host, host: 'one' },
    { ...host, host: 'two' },
  ],
  versions: { drydock: '0.1.0', host: null },
}
const report = (rest: Partial<ProofReport> = {}) =>
  ({
    outage: '2026-03-26T13:51:30.000Z',
    measured: {
      dataLost: { ms: 36 * minute, targetMs: null },
      recoveryTime: { ms: 41 * minute, targetMs: 60 * minute },
    },
    ...rest,
  }) as ProofReport

describe('the figures of a Director restore', () => {
  it('count recovery from the outage and from the start', () => {
    expect(directorFigures(report(), director).map(({ label, value }) => [label, value])).toEqual([
      ['Recovery time, from outage to end', '41 min 00 s'],
      ['From start to end of the restore', '29 min 00 s'],
      ['Data lost, from backup to outage', '36 min 00 s'],
      ['Files for the script', '2 files'],
    ])
  })

  it('say one time only when no outage was declared, and none when it was not restored', () => {
    const measured = {
      dataLost: { ms: 0, targetMs: null },
      recoveryTime: { ms: 29 * minute, targetMs: null },
    }
    expect(directorFigures(report({ outage: null, measured }), director)[0]).toMatchObject({
      label: 'Recovery time, from start to end',
      value: '29 min 00 s',
    })
    const failed = report({ measured: { ...measured, recoveryTime: null } })
    expect(directorFigures(failed, director)[0]).toMatchObject({
      value: 'None yet',
      sub: 'it was not restored; 29 min 00 s were spent',
    })
  })

  it('warn when not every file was hashed, and draw no bar without files', () => {
    expect(directorFigures(report(), director).at(-1)).toMatchObject({ tone: 'warn', ratio: 0.5 })
    expect(directorFigures(report(), { ...director, files: [] }).at(-1)).toMatchObject({
      ratio: null,
      value: 'Not noted',
    })
  })
})

describe('what is said of the script', () => {
  it('sums the hosts, and names those that were erased', () => {
    expect(directorReason(director)).toBe('setup.sh ended well: 76 tasks ok on 2 hosts, 0 failed.')
    expect(directorReason({ ...director, exit: 2, recap: [] })).toBe(
      'setup.sh ended with exit status 2; Ansible told of no host.',
    )
    expect(directorReason({ ...director, exit: null, recap: [] })).toMatch(/^How setup.sh ended is not known/)
    expect(hostsOf(director)).toBe('one and two')
    expect(hostsOf({ ...director, hosts: [] })).toBe('the hosts of dr-site')
  })

  it('offers to note a page only while nobody has', () => {
    expect(unlooked('Director pages', director)).toBe('director')
    const afterwards = [{ id: 'director' as const, ok: false, note: '' }]
    expect(unlooked('Director pages', { ...director, afterwards })).toBeNull()
    expect(unlooked('The databases', director)).toBeNull()
  })

  it('shortens hashes, and keeps the letters of a file name that begins a sentence', () => {
    expect(shortHash(`7c419e02${'0'.repeat(52)}b8d3`)).toBe('7c41 9e02 … b8d3')
    expect(toLine('The hosts: setup.sh ended.').detail).toBe('setup.sh ended.')
    expect(toLine('The hosts: nobody knows.').detail).toBe('Nobody knows.')
  })
})

const start = Date.parse('2026-03-26T14:00:00Z')
const after = (seconds: number) => new Date(start + seconds * 1000).toISOString()
const run = (rest: Partial<RunSnapshot> = {}): RunSnapshot => ({
  ...{ id: 'r2', kind: 'director-restore', state: 'running', plan: null, limit: null, here: true },
  about: 'Director 20260326T131502 from offsite → director-dr',
  ...{ started: after(0), ended: null, problems: 0, firstProblems: [], failure: null, outcome: null, seq: 1 },
  options: directorRequestMade,
  progress: { phase: 'vendor script', bytes: 0, total: null, files: 3 },
  phases: [
    { name: 'connecting', from: after(0) },
    { name: 'writing', from: after(2) },
    { name: 'vendor script', from: after(10) },
  ],
  ...rest,
})
const earlier = run({ id: 'r1', state: 'succeeded', ended: after(610), seq: 9 })

describe('the phases of a Director restore', () => {
  it('leave out a safety copy and serving that were not asked for', () => {
    const now = start + 5000
    const early = run({
      phases: [{ name: 'connecting', from: after(0) }],
      progress: { phase: 'connecting', bytes: 0, total: null, files: 0 },
    })
    const names = (one: RunSnapshot) => phasesOf(one, now, false, new Map()).map(({ key }) => key)
    expect(names(early)).toEqual(['connecting', 'writing', 'vendor script'])
    const options = { ...directorRequestMade, fetch: 'served', safetyCopy: 'nas' }
    expect(names({ ...early, options })).toEqual([
      'connecting',
      'safety copy',
      'serving files',
      'writing',
      'vendor script',
    ])
  })

  it('tell the time left from earlier restores of the same hosts, as a range, and nothing without one', () => {
    const now = start + 310_000
    const expected = expectedPhases(run(), [earlier])
    // The script took 600 s, and has run for 300 s.
    expect(leftOfPhases(run(), now, expected)).toEqual({ low: 255, high: 346.15 })
    expect(leftOfPhases(run(), now, new Map())).toBeNull()
    // Longer than any before: nobody knows.
    expect(leftOfPhases(run(), start + 700_000, expected)).toBeNull()
    const elsewhere = { ...earlier, about: 'Director 20260326T131502 from offsite → other' }
    expect(leftOfPhases(run(), now, expectedPhases(run(), [elsewhere]))).toBeNull()
  })
})
