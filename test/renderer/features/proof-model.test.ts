import { describe, expect, it } from 'vitest'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { answerOf, fileName, figuresOf, timeParts } from '../../../renderer/features/proofs/model.ts'

const at = (second: number) => new Date(Date.UTC(2026, 2, 26, 14) + second * 1000).toISOString()
const report = (rest: Partial<ProofReport> = {}): ProofReport => ({
  ...{
    format: 'drydock-proof',
    version: 1,
    runId: '20260326T140000Z-x7wt',
    title: 'Restore of docs@20260326T131502Z',
  },
  ...{
    result: 'restored',
    point: 'docs@20260326T131502Z',
    server: { name: 'nas', about: '' },
    system: 'Files',
  },
  ...{ plan: 'docs', target: { host: 'h', folder: '/srv' }, operator: 'me', tool: 'drydock 1', outage: null },
  ...{ started: at(0), ended: at(100), manifestSha256: null, problems: [], problemCount: 0, failure: null },
  measured: { dataLost: { ms: 1000, targetMs: 2000 }, recoveryTime: { ms: 1000, targetMs: 2000 } },
  phases: [],
  counts: {
    created: 4,
    replaced: 0,
    same: 0,
    left: 0,
    refused: 0,
    failed: 0,
    damaged: 0,
    files: 4,
    bytes: 10,
  },
  ...{ proven: [], notProven: ['x'] },
  ...rest,
})
const measured = (recovery: number | null, lost: number | null): ProofReport['measured'] => ({
  recoveryTime: { ms: 1000, targetMs: recovery },
  dataLost: { ms: 1000, targetMs: lost },
})
const counts = (rest: Partial<ProofReport['counts']>) => ({ ...report().counts, ...rest })

describe('the answer of a report', () => {
  it.each([
    [{}, 'ok', 'Restored, inside both targets.'],
    [{ measured: measured(2000, null) }, 'ok', 'Restored, inside its target.'],
    [{ measured: measured(500, 2000) }, 'warn', 'Restored, past one of its targets.'],
    [{ measured: measured(500, 500) }, 'warn', 'Restored, past both targets.'],
    [{ measured: measured(null, null) }, 'ok', 'Restored.'],
    [{ result: 'failed' }, 'bad', 'Not restored: the restore failed.'],
    [{ result: 'cancelled' }, 'idle', 'Not restored: it was cancelled.'],
    [{ result: 'interrupted' }, 'warn', 'Not restored: it was interrupted.'],
    [
      { result: 'restored-with-problems', counts: counts({ failed: 2, damaged: 1 }) },
      'bad',
      'Restored without 2 entries, inside both targets.',
    ],
    [{ counts: counts({ left: 2 }) }, 'warn', 'Restored without 2 entries, inside both targets.'],
    [
      {
        counts: counts({ left: 1 }),
        missing: { files: 1, bytes: 60_000_000, ofFiles: 418, ofBytes: 61_500_000, names: ['big.bin'] },
      },
      'warn',
      'Restored without 1 of 418 files, 57.2 MiB of 58.7 MiB, inside both targets.',
    ],
    [{ result: 'restored-with-problems' }, 'warn', 'Restored with problems, inside both targets.'],
  ] as [Partial<ProofReport>, string, string][])('of %j is %s: %s', (rest, tone, answer) =>
    expect(answerOf(report(rest))).toEqual({ tone, answer }),
  )
})

describe('the figures of a report', () => {
  it('measure against the targets, and say how much is left or missing', () => {
    const [recovery, lost] = figuresOf(report({ measured: measured(60_000, 500) }))
    expect(recovery).toMatchObject({ tone: 'ok', sub: 'target 1 min: met, 59 s to spare' })
    expect(lost).toMatchObject({ tone: 'warn', ratio: 2 })
    expect(lost?.sub).toMatch(/missed by 500 ms/)
  })

  it('have no recovery time for what was not restored, and no bar without a target', () => {
    const [recovery] = figuresOf(report({ measured: { ...measured(null, null), recoveryTime: null } }))
    expect(recovery).toMatchObject({ value: 'None yet', ratio: null })
    expect(figuresOf(report({ measured: measured(null, null) }))[0]).toMatchObject({
      ratio: null,
      sub: 'no target was set',
    })
  })
})

describe('where the time went', () => {
  const phase = (name: string, from: number, to: number) => ({ name, from: at(from), to: at(to) })

  it('adds up phases of one name and puts what is short to its neighbour, losing no time', () => {
    const parts = timeParts({
      phases: [
        phase('before the restore was started', -100, 0),
        phase('starting', 0, 1),
        phase('restoring', 1, 50),
        phase('not worked on', 50, 80),
        phase('restoring', 80, 99),
        phase('making it durable', 99, 100),
      ],
    })
    expect(parts.map(({ name, ms, idle }) => [name, ms / 1000, idle ?? false])).toEqual([
      ['decide, prepare', 100, true],
      ['starting, fetch, check, write', 69, false],
      ['not worked on, sync to the disk', 31, true],
    ])
    expect(parts.reduce((sum, { ms }) => sum + ms, 0)).toBe(200_000)
  })
})

it('names the saved file after the point and the run, with nothing a file system refuses', () => {
  expect(fileName(report())).toBe('drydock-proof-docs-20260326T131502Z-x7wt.json')
})
