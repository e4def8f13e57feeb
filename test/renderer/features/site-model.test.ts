import { describe, expect, it } from 'vitest'
import { deployment, type Deployment, portalSettings } from '../../../shared/director.ts'
import { draftOf, recordOf } from '../../../renderer/features/director/deployment-draft.ts'
import {
  commandDraft,
  type CommandDraft,
  type CommandKey,
  draftsOf,
  foldedWeeks,
  isUsual,
  leftOut,
  noRepository,
  portalDraft,
  portalOf,
  siteWords,
  spanFrom,
  spanText,
  usualCommand,
  verdictOf,
  warningsOf,
  weekRows,
  withCommands,
  wrongDrafts,
  wrongPortal,
} from '../../../renderer/features/site/model.ts'

const noted = '2026-11-20T10:00:00.000Z'
const record: Deployment = {
  name: 'dc',
  place: { kind: 'local', folder: '/opt/setup' },
  hostKeys: {},
  otherSite: 'dr',
  added: '2026-01-01T00:00:00.000Z',
}
const elk = { command: 'stand-in-elk | gzip', silence: 90, longest: 7200 }
const edited: Deployment = { ...record, commands: { elk }, analytics: { ...elk, command: 'print-day' } }
const typed = (from: Deployment, key: CommandKey, part: Partial<CommandDraft>) => {
  const drafts = draftsOf(from)
  return { ...drafts, [key]: { ...drafts[key], ...part } }
}

describe('the commands of a Director', () => {
  it('are saved as they were read', () => {
    for (const one of [record, edited]) expect(withCommands(one, draftsOf(one))).toEqual(one)
  })

  it('stand in the record only where they are not as usual', () => {
    const set = withCommands(record, typed(record, 'mongo', { longest: '90 min' }))
    expect(set.commands).toEqual({ mongo: { ...usualCommand('mongo'), longest: 5400 } })
    expect(deployment.parse(set)).toEqual(set)
    const back = withCommands(set, typed(set, 'mongo', commandDraft(usualCommand('mongo'))))
    expect(back).toEqual(record)
    expect(
      withCommands(edited, typed(edited, 'analytics', { command: '', silence: '10 min', longest: '4 h' })),
    ).not.toHaveProperty('analytics')
  })

  it('are left out when they are emptied, also those that have a default', () => {
    const drafts = typed(edited, 'postgres', { command: ' \n' })
    expect(leftOut(drafts)).toEqual(['postgres', 'certificate-service', 'ec-provision'])
    expect(withCommands(edited, drafts).commands?.postgres).toMatchObject({ command: null })
    expect(isUsual('postgres', drafts.postgres)).toBe(false)
  })

  it('keep the rest of what is known of the site', () => {
    expect(withCommands(edited, draftsOf(edited))).toMatchObject({ otherSite: 'dr', place: record.place })
  })

  it('name the times that are none', () => {
    const drafts = typed(record, 'elk', { silence: '25 h', longest: 'long' })
    expect(Object.keys(wrongDrafts(drafts))).toEqual(['elk.silence', 'elk.longest'])
    expect(wrongDrafts(draftsOf(edited))).toEqual({})
  })
})

describe('a time of a command', () => {
  it('reads back without loss', () => {
    for (const seconds of [1, 59, 60, 90, 600, 3600, 5400, 86_400, 604_800])
      expect(spanFrom(spanText(seconds), 604_800)).toBe(seconds)
  })

  it('is in minutes when no unit is typed, and refused when it is none', () => {
    expect(spanFrom(' 15 ', 86_400)).toBe(900)
    for (const text of ['', '0', '-1 h', '1.5 h', '10 days', '25 h'])
      expect(spanFrom(text, 86_400)).toBeNull()
  })
})

describe('the folder of a Director', () => {
  it('keeps commands, portal and the other site when only its place is changed', () => {
    const whole: Deployment = {
      ...edited,
      portal: portalOf(portalDraft(undefined), noted),
      hostKeys: { '192.0.2.11:22': `SHA256:${'a'.repeat(43)}` },
    }
    const draft = draftOf({ record: whole, hasSecrets: false })
    const next = recordOf({ ...draft, text: { ...draft.text, 'place.folder': '/srv/setup' } }, whole)
    const { added: _, ...rest } = whole
    expect(next).toEqual({ ...rest, place: { kind: 'local', folder: '/srv/setup' } })
  })
})

describe('what the portal shows', () => {
  const draft = {
    configuration: ' 0  */6 * * * ',
    analytics: '',
    type: 's3',
    at: 'https://192.0.2.11:7081 ',
    place: 'b',
  } as const

  it('is noted with the time at which it was read', () => {
    const portal = portalOf(draft, noted)
    expect(portal).toEqual({
      ...{ configuration: '0 */6 * * *', analytics: null, noted },
      server: { type: 's3', at: 'https://192.0.2.11:7081', place: 'b' },
    })
    expect(portalSettings.parse(portal)).toEqual(portal)
    expect(portalOf(portalDraft(portal), noted)).toEqual(portal)
    expect(portalOf(portalDraft(undefined), noted)).toMatchObject({ configuration: null, server: null })
  })

  it('says which fields need a change', () => {
    expect(wrongPortal(draft)).toEqual({})
    expect(Object.keys(wrongPortal({ ...draft, analytics: '30 1 * *', at: ' ' }))).toEqual([
      'analytics',
      'at',
    ])
    expect(wrongPortal({ ...draft, type: '', at: '' })).toEqual({})
    // It would be kept and shown as it stands.
    for (const at of ['ftp://user:Sekret77@127.0.0.1/x', 'https://192.0.2.60/x?sig=Sekret77'])
      expect(wrongPortal({ ...draft, at })['at']).toMatch(/^The address alone(?!.*Sekret77)/)
  })
})

describe('the weeks of a snapshot repository', () => {
  const [first, second] = weekRows(
    {
      weeks: [
        { week: '2026-W47', from: '2026-11-16', days: 3 },
        { week: '2026-W01', from: '2025-12-29', days: 1 },
      ],
      days: [
        { day: '2026-11-18', indices: 2, in: 1, whole: false },
        { day: '2026-11-17', indices: 2, in: 3, whole: true },
        { day: '2026-11-16', indices: 1, in: 1, whole: true },
        { day: '2026-01-04', indices: 2, in: 1, whole: true },
      ],
    },
    '2026-11-20T00:10:00.000Z',
  )

  it('show a day that is over and lacks as missing, and one that no whole snapshot holds as that', () => {
    expect(first?.cells.map(({ is }) => is)).toEqual([
      ...['held', 'held', 'broken', 'missing'],
      ...['ahead', 'ahead', 'ahead'],
    ])
    expect(first?.cells[1]).toEqual({ day: '2026-11-17', is: 'held', indices: 2, in: 3 })
  })

  it('run until their Sunday is over', () => {
    expect([first?.running, second?.running]).toEqual([true, false])
    const week = { weeks: [{ week: '2026-W47', from: '2026-11-16', days: 0 }], days: [] }
    const running = (asked: string) => weekRows(week, asked)[0]?.running
    expect(['2026-11-16', '2026-11-22', '2026-11-23'].map(running)).toEqual([true, true, false])
  })

  it('are folded where many in a row have no day, save the one that runs', () => {
    const row = (week: string, days: number, running = false) => ({
      ...{ week, from: '2026-01-05', days, running, cells: [] },
    })
    const few = [row('W47', 0, true), row('W46', 0), row('W45', 0), row('W44', 0), row('W43', 5)]
    expect(foldedWeeks(few)).toEqual(few)
    const [now, ...rest] = few
    expect(foldedWeeks([now!, row('W46b', 0), ...rest])).toEqual([
      now,
      { from: 'W44', to: 'W46b', weeks: 4 },
      row('W43', 5),
    ])
  })

  it('go over the end of a year', () => {
    expect(second?.cells.map(({ day }) => day)).toEqual([
      ...['2025-12-29', '2025-12-30', '2025-12-31', '2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'],
    ])
    expect(second?.cells.filter(({ is }) => is === 'held')).toHaveLength(1)
  })
})

describe('a look at the snapshots of a server', () => {
  const failure = {
    code: 'remote.unsupported',
    during: 'site.snapshots',
    subject: 's',
    retry: 'after-fix',
  } as const

  it('has a plain answer where no repository is, and where nobody can look', () => {
    expect(noRepository({ ...failure, detail: 'neither dcrepository/ nor drrepository/ is there' })).toEqual({
      ...{
        title: 'No snapshot repository is there',
        says: 'Neither dcrepository/ nor drrepository/ is there.',
      },
    })
    const detail = 'Drydock cannot look into dcrepository/ on a server of this kind'
    expect(noRepository({ ...failure, detail })?.title).toBe('Drydock cannot look into this server')
    expect(noRepository({ ...failure, code: 'network.unreachable' })).toBeNull()
    expect(noRepository({ ...failure, during: 'store.list' })).toBeNull()
  })

  it('has its warnings with their repository, and no rule among them', () => {
    const notes = [
      { tone: 'look' as const, lines: [], text: 'dcrepository/: several snapshots were written' },
      { tone: 'look' as const, lines: [], text: 'dcrepository/: index-9 is no JSON' },
      { tone: 'look' as const, lines: [], text: 'drrepository/: its list names no snapshot.' },
      { tone: 'tell' as const, lines: [], text: 'dcrepository/: index-38 and index-37 are there' },
    ]
    expect(warningsOf(notes, 'dcrepository').map(({ text }) => text)).toEqual([
      'Several snapshots were written',
      'index-9 is no JSON',
    ])
    expect(warningsOf(notes, 'drrepository').map(({ text }) => text)).toEqual(['Its list names no snapshot.'])
  })
})

describe('what a check says', () => {
  it('is nothing before the first, and never better than its verdict', () => {
    expect(verdictOf(null).word).toBe('Not tested')
    expect(verdictOf({ verdict: 'limited' })).toMatchObject({ word: 'Limit', tone: 'warn' })
    expect(verdictOf({ verdict: 'failed' })).toMatchObject({ word: 'Failed', tone: 'bad' })
  })

  it('names the site as far as it is known', () => {
    expect(siteWords({ site: 'DC', mode: 'cluster' })).toBe('DC, cluster')
    expect(siteWords({ site: null, mode: 'standalone' })).toBe('standalone')
    for (const none of [null, { site: null, mode: null }]) expect(siteWords(none)).toBeNull()
  })
})
