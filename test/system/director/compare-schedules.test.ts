import { describe, expect, it } from 'vitest'
import type { SiteFacts } from '../../../electron/engine/system/director/site/compare-schedules.ts'
import { compareSchedules } from '../../../electron/engine/system/director/site/compare-schedules.ts'
import type { PortalSettings } from '../../../shared/director.ts'

const now = Date.UTC(2026, 10, 20, 12)
const portal = (configuration: string | null, analytics: string | null = null): PortalSettings => ({
  ...{ configuration, analytics, server: null, noted: '2026-11-20T00:00:00Z' },
})
const planAt = (at: string, zone = 'UTC', started = true): SiteFacts['plans'][number] => ({
  ...{
    name: `at-${at.replace(':', '-')}`,
    part: 'configuration',
    schedule: { kind: 'daily', at },
    zone,
    started,
  },
})
const dc = (change: Partial<SiteFacts> = {}): SiteFacts => ({
  ...{ deployment: 'dc1', site: 'DC', plans: [], portal: undefined },
  ...change,
})
const dr = (change: Partial<SiteFacts> = {}): SiteFacts => dc({ deployment: 'dr1', site: 'DR', ...change })
const noteOf = (here: SiteFacts, there: SiteFacts | null, line: string) =>
  compareSchedules(here, there, now)
    .notes.filter(({ lines }) => lines.includes(line))
    .map(({ tone, text }) => `${tone}: ${text}`)
    .join('\n')

describe('compareSchedules', () => {
  it('puts plans and the portal side by side, with the words of the portal and UTC', () => {
    const { rows, other } = compareSchedules(
      dc({ plans: [planAt('03:30', 'Europe/Zurich')], portal: portal('30 2 * * *', '0 */6 * * *') }),
      dr(),
      now,
    )
    expect(other).toBe('dr1')
    expect(rows.map(({ what, same }) => [what, same])).toEqual([
      ['configuration', null],
      ['analytics', null],
    ])
    expect(rows[0]?.here).toMatchObject([
      {
        from: 'plan',
        words: 'At 03:30 AM',
        utc: '02:30 UTC',
        next: '2026-11-21T02:30:00.000Z',
        started: true,
      },
      { from: 'portal', plan: null, words: 'At 02:30 AM', zone: 'UTC', utc: '02:30 UTC' },
    ])
    expect(rows[1]?.here).toMatchObject([{ utc: 'Fri 20 Nov 18:00 UTC' }])
  })

  it('tells the same times apart from others, whatever the zone, and leaves out what does not run', () => {
    const same = (here: Partial<SiteFacts>, there: Partial<SiteFacts>) =>
      compareSchedules(dc(here), dr(there), now).rows[0]?.same
    const at230 = portal('30 2 * * *')
    expect(same({ portal: at230 }, { plans: [planAt('08:00', 'Asia/Kolkata')] })).toBe(true)
    // Only while it is winter.
    expect(same({ portal: at230 }, { plans: [planAt('03:30', 'Europe/Zurich')] })).toBe(false)
    expect(same({ portal: at230 }, { plans: [planAt('04:00'), planAt('02:30')] })).toBe(false)
    expect(same({ portal: at230 }, { plans: [planAt('04:00', 'UTC', false), planAt('02:30')] })).toBe(true)
    expect(same({ portal: at230 }, { portal: portal(null) })).toBe(null)
    expect(noteOf(dc({ portal: at230 }), dr({ plans: [planAt('04:00')] }), 'S2.26')).toBe(
      'look: The configuration backups run at other times: dc1 At 02:30 AM UTC in the portal; dr1 At 04:00 AM UTC. They should be the same in DC and DR.',
    )
  })

  it('says what a configuration restore makes of the DR’s schedule, from either side', () => {
    const here = dc({ portal: portal('30 2 * * *') })
    const there = dr({ portal: portal('0 4 * * *', '0 1 * * *') })
    const said =
      'look: dr1 is the DR, dc1 the DC. After a configuration restore the DR has the DC’s schedule: configuration At 02:30 AM UTC instead of At 04:00 AM; analytics no job instead of At 01:00 AM.'
    expect(noteOf(here, there, 'S2.27')).toBe(said)
    expect(noteOf(there, here, 'S2.27')).toBe(said)
    expect(noteOf(here, dr({ portal: here.portal, plans: [planAt('02:30')] }), 'S2.27')).toMatch(
      /^tell: .*which is the same\. Plans of Drydock stay as they are\.$/,
    )
    expect(noteOf(here, dr(), 'S2.27')).toMatch(
      /DC’s schedule: configuration At 02:30 AM UTC; analytics no job\.$/,
    )
    expect(noteOf(dc(), there, 'S2.27')).toMatch(/^tell: .*is not noted: note it/)
  })

  it('does not guess which is the DR, nor what cannot be read', () => {
    const texts = (here: SiteFacts, there: SiteFacts | null) =>
      compareSchedules(here, there, now)
        .notes.map(({ text }) => text)
        .join('\n')
    expect(texts(dc({ site: null }), dr())).toContain('Which of the two is the DR is not known')
    expect(texts(dc(), dr({ site: 'DC' }))).toContain('Both say director_site DC in master.yml: dc1 and dr1.')
    expect(texts(dc(), null)).toContain('No other site is set for dc1')
    const odd = dc({ portal: portal('0 25 * * *') })
    expect(texts(odd, dr({ portal: portal('0 4 * * *') }))).toMatch(
      /dc1’s portal for configuration is no schedule: /,
    )
    expect(compareSchedules(odd, dr(), now).rows[0]?.here).toEqual([])
    for (const line of ['S2.21', 'S2.25']) expect(noteOf(dc(), null, line)).toMatch(/^tell: /)
  })
})
