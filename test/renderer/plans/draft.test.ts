import { describe, expect, it } from 'vitest'
import {
  blankPlan,
  draftOfPlan,
  fieldOfSubject,
  minutesOf,
  passphraseOf,
  type PlanDraft,
  previewSource,
  scheduleOf,
  settingsOf,
  wrongInPlan,
} from '../../../renderer/features/plans/draft.ts'
import { type PlanSettings, planSettings } from '../../../shared/plan.ts'

const stored: PlanSettings = planSettings.parse({
  name: 'docs',
  system: 'Documents',
  source: { kind: 'files', paths: ['/srv/a', '/srv/b'], excludes: ['*.tmp', '**/cache'] },
  schedule: { kind: 'cron', expression: '15 */2 * * 1-5' },
  zone: 'Europe/Zurich',
  servers: ['disk', 'minio'],
  keep: { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 0 },
  compression: 'gzip',
  level: 9,
  encryptTo: 'passphrase',
  before: { command: 'stop it', timeout: 60, onError: 'fail' },
  after: null,
  missed: 'skip',
  limit: 20_000_000,
  verifyAfter: true,
})
const good = (more: Partial<PlanDraft> = {}): PlanDraft => ({
  ...blankPlan('UTC', [], ['disk']),
  name: 'docs',
  system: 'Documents',
  paths: ['/srv'],
  ...more,
})

describe('the draft of a plan', () => {
  it('comes back as it was stored', () => {
    expect(settingsOf(draftOfPlan(stored))).toEqual(stored)
    expect(wrongInPlan(draftOfPlan(stored))).toEqual({})
  })

  it('of a Director’s backup is neither packed nor encrypted, whatever was chosen before', () => {
    const draft = good({ kind: 'director', deployment: 'dc', encrypt: 'passphrase', level: 'x' })
    expect(wrongInPlan(draft)).toEqual({})
    const made = planSettings.parse(settingsOf(draft))
    expect(made).toMatchObject({
      source: { kind: 'director', deployment: 'dc' },
      compression: 'none',
      encryptTo: null,
    })
    expect(settingsOf(draftOfPlan(made))).toEqual(made)
    expect(wrongInPlan({ ...draft, deployment: '' })).toHaveProperty(['source.deployment'])
  })

  it('of a Director’s analytics data is packed and encrypted as chosen, and daily only', () => {
    const draft = good({
      ...{ kind: 'director', part: 'analytics', deployment: 'dc' },
      ...{ encrypt: 'passphrase', passphrase: 'secret', again: 'secret' },
    })
    expect(wrongInPlan(draft)).toEqual({})
    expect(passphraseOf(draft)).toBe('secret')
    const made = planSettings.parse(settingsOf(draft))
    expect(made).toMatchObject({
      source: { kind: 'director', deployment: 'dc', part: 'analytics' },
      ...{ compression: 'zstd', encryptTo: 'passphrase' },
    })
    expect(settingsOf(draftOfPlan(made))).toEqual(made)
    expect(wrongInPlan({ ...draft, when: 'hours' })).toHaveProperty('schedule')
    expect(wrongInPlan({ ...draft, when: 'hours', part: 'configuration' })).toEqual({})
    expect(wrongInPlan({ ...draft, level: 'x' })).toHaveProperty('level')
  })

  it('says what a preview can be about once a Director is chosen', () => {
    const draft = good({ kind: 'director', deployment: 'dc' })
    expect(previewSource(draft)).toEqual({ kind: 'director', deployment: 'dc', part: 'configuration' })
    expect(previewSource({ ...draft, deployment: '' })).toBeNull()
    expect(previewSource(good())).toBeNull()
  })

  it('comes back with its keys, its command and without a limit', () => {
    const other = planSettings.parse({
      ...stored,
      source: { kind: 'command', command: 'dump', as: 'db.sql' },
      schedule: { kind: 'hours', every: 4, minute: 15 },
      encryptTo: { recipients: ['age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq'] },
      compression: 'none',
      level: 0,
      limit: null,
    })
    expect(settingsOf(draftOfPlan(other))).toEqual(other)
  })

  it('keeps what the vault has until a passphrase is typed twice the same', () => {
    const draft = draftOfPlan(stored)
    expect(passphraseOf(draft)).toBeNull()
    expect(wrongInPlan({ ...draft, passphrase: 'one', again: 'other' })).toHaveProperty('again')
    expect(passphraseOf({ ...draft, passphrase: 'one', again: 'one' })).toBe('one')
  })

  it('is one that the engine takes when nothing is wrong', () => {
    expect(wrongInPlan(good())).toEqual({})
    expect(planSettings.safeParse(settingsOf(good())).success).toBe(true)
  })

  it.each<[string, Partial<PlanDraft>]>([
    ['name', { name: 'Docs' }],
    ['system', { system: '' }],
    ['newSystem.name', { system: '+new' }],
    ['source.paths.0', { paths: [''] }],
    ['source.paths.1', { paths: ['/a', 'b'] }],
    ['source.as', { kind: 'command', command: 'x' }],
    ['schedule', { at: '25:00' }],
    ['schedule', { when: 'cron', cron: '* * *' }],
    ['schedule', { when: 'hours', minute: '60' }],
    ['servers', { servers: [] }],
    ['keep.daily', { keep: { last: '0', daily: 'x', weekly: '0', monthly: '0', yearly: '0' } }],
    ['level', { level: '23' }],
    ['limit', { limit: '0' }],
    ['limit', { limit: 'fast' }],
    ['encryptTo.recipients', { encrypt: 'recipients', recipients: 'ssh-ed25519 AAAA' }],
    ['before.timeout', { before: { command: 'x', timeout: '', onError: 'fail' } }],
  ])('names %s when it is wrong', (path, more) => {
    expect(wrongInPlan(good(more))).toHaveProperty([path])
  })

  it('reads times and targets as people type them', () => {
    expect(scheduleOf(good({ at: '2:05' }))).toEqual({ kind: 'daily', at: '02:05' })
    expect(scheduleOf(good({ when: 'cron', cron: ' 0  3 * * 1 ' }))).toEqual({
      kind: 'cron',
      expression: '0 3 * * 1',
    })
    expect([minutesOf('30 min'), minutesOf('4 h'), minutesOf('7d'), minutesOf('2'), minutesOf('')]).toEqual([
      30,
      240,
      10_080,
      120,
      null,
    ])
    expect(minutesOf('soon')).toBeNaN()
    expect(minutesOf('0 h')).toBeNaN()
  })

  it('finds the field that the engine names', () => {
    expect(fieldOfSubject('schedule.at')).toBe('schedule')
    expect(fieldOfSubject('servers.0')).toBe('servers')
    expect(fieldOfSubject('encryptTo.recipients.1')).toBe('encryptTo.recipients')
    expect(fieldOfSubject('source.paths.1')).toBe('source.paths.1')
    expect(fieldOfSubject('before.timeout')).toBe('before.timeout')
  })
})
