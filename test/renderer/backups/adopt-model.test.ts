import { describe, expect, it } from 'vitest'
import {
  adoptedWords,
  adoptionOf,
  adoptOptions,
  directorRestore,
  directorRestoreOf,
  directorStamp,
  directorStampOf,
} from '../../../renderer/features/backups/adopt-model.ts'
import { mergePoints } from '../../../renderer/features/backups/model.ts'
import { readAnswers, wizardAt } from '../../../renderer/features/director/model.ts'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import { planSettings } from '../../../shared/plan.ts'
import { copyOf } from './copies.ts'

const stamp = '20261119T020003'
const five = directorComponents.map(component => directorFileName(component, stamp))
const row = (point: string, rest: Partial<PointOnServer>) => {
  const [first] = mergePoints([[copyOf(point, 'minio', rest)]], new Map())
  if (!first) throw new Error('nothing merged')
  return first
}
const vendors = (rest: Partial<PointOnServer> = {}) =>
  row(`vendor@${stamp}`, { state: 'no-manifest', files: 5, ...rest })
const plan = (part: 'configuration' | 'analytics') => ({
  settings: planSettings.parse({
    ...{ name: 'dc-config', system: 'Director', zone: 'UTC', servers: ['minio'] },
    ...{ compression: 'none', level: 0, encryptTo: null },
    source: { kind: 'director', deployment: 'dc', part },
    schedule: { kind: 'daily', at: '02:30' },
    keep: { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
    ...{ before: null, after: null, missed: 'latest', limit: null, verifyAfter: false },
  }),
})

describe('five files of a Director', () => {
  it('are known by their names and one stamp, whoever made them', () => {
    expect(directorStamp([...five, 'notes.txt'])).toBe(stamp)
    expect(directorStamp(five.slice(1))).toBeNull()
    expect(directorStamp([...five.slice(1), directorFileName('mongo', '20261119T030003')])).toBeNull()
    expect(directorStamp(directorComponents.map(one => directorFileName(one, 'latest')))).toBeNull()
  })

  it('are known in a listing too: of a vendor’s tool when all five are there, of a plan of a configuration', () => {
    expect(directorStampOf(vendors(), [])).toBe(stamp)
    expect(directorStampOf(vendors({ files: 4 }), [])).toBeNull()
    const ours = row('dc-config@20261120T203457Z', {})
    expect(directorStampOf(ours, [plan('configuration')])).toBe('20261120T203457')
    expect(directorStampOf(ours, [plan('analytics')])).toBeNull()
    expect(directorStampOf(ours, [])).toBeNull()
  })

  it('lead into the wizard of a Director with server and run chosen', () => {
    const route = directorRestore('minio', stamp)
    expect(wizardAt('point', readAnswers(route.query))).toMatchObject({
      ...{ step: 'point', server: 'minio', stamp },
    })
    expect(route.query?.['of']).toBe('director')
  })

  it('are what the page restores when they alone are chosen', () => {
    expect(directorRestoreOf([vendors()], [])).toEqual(directorRestore('minio', stamp))
    expect(directorRestoreOf([vendors(), vendors()], [])).toBeNull()
    expect(directorRestoreOf([row('docs@20261120T203457Z', {})], [])).toBeNull()
    expect(directorRestoreOf([], [])).toBeNull()
  })
})

describe('an adoption', () => {
  it('is told with its day and its server, the newest one', () => {
    const point = `vendor@${stamp}`
    const [merged] = mergePoints(
      [
        [
          copyOf(point, 'minio', {
            state: 'no-manifest',
            adopted: { at: '2026-11-20T10:00:00Z', on: 'nas' },
          }),
        ],
        [copyOf(point, 'ftp', { state: 'no-manifest', adopted: { at: '2026-11-19T10:00:00Z', on: 'usb' } })],
      ],
      new Map(),
    )
    const adopted = merged && adoptionOf(merged)
    expect(adopted && adoptedWords(adopted, Date.UTC(2026, 11, 1))).toBe('Adopted 20 Nov on nas')
    expect(adopted && adoptedWords(adopted, Date.UTC(2027, 5, 1))).toBe('Adopted 20 Nov 2026 on nas')
    expect(adoptionOf(vendors())).toBeNull()
  })

  it('goes to another server first, and to none that holds the vendor’s repositories or did not answer', () => {
    const servers = [
      { name: 'minio', word: 'Ready' as const },
      { name: 'cbr', word: 'Ready' as const },
      { name: 'ftp', word: 'No answer' as const },
      { name: 'nas', word: 'Not tested' as const },
    ]
    const options = adoptOptions(servers, 'minio', new Set(['cbr']))
    expect(options.map(({ server, same, off }) => [server, same, off === null])).toEqual([
      ['cbr', false, false],
      ['ftp', false, false],
      ['nas', false, true],
      ['minio', true, true],
    ])
    expect(options[0]?.off).toMatch(/vendor’s repositories/)
    expect(options[1]?.off).toBe('no answer at its last check')
  })
})
