import { describe, expect, it } from 'vitest'
import type { PortalSettings } from '../../../shared/director.ts'
import type { ServerRecord } from '../../../electron/engine/store/server-record.ts'
import { addressesOf, resolved } from '../../../electron/engine/system/director/switch/addresses.ts'
import { portalLines } from '../../../electron/engine/system/director/switch/portal-lines.ts'
import { backupLine, backupSiteLine } from '../../../electron/engine/system/director/switch/server-lines.ts'
import {
  modesRefused,
  siteLine,
  swappedRefused,
} from '../../../electron/engine/system/director/switch/step-lines.ts'
import { argvOf, verbIn } from '../../../electron/engine/system/director/switch/verb-line.ts'
import { masterView } from '../../../electron/engine/system/director/deployment/index.ts'
import { masterYml } from '../../support/director/yaml-files.ts'

const added = '2026-11-20T08:00:00.000Z'
const common = { name: 'nas', added, learned: {} }
const minio: ServerRecord = {
  ...{ ...common, type: 's3', endpoint: 'https://192.0.2.60:7081', bucket: 'cbr', region: 'us-east-1' },
  prefix: '',
}
const portal = (server: PortalSettings['server'], more: Partial<PortalSettings> = {}): PortalSettings => ({
  ...{ configuration: '0 * * * *', analytics: '30 1 * * *', server, noted: added },
  ...more,
})
const noted = (server: PortalSettings['server'], more?: Partial<PortalSettings>) =>
  portalLines(
    [
      { site: 'DC', deployment: 'dc', portal: portal({ type: 's3', at: '192.0.2.60', place: 'cbr' }) },
      { site: 'DR', deployment: 'dr', portal: portal(server, more) },
    ],
    minio,
    Date.parse(added),
  ).map(({ id, state }) => `${id} ${state}`)

describe('the lines of a switch-over about its portals', () => {
  it.each([
    ['https://192.0.2.60:7081', 'cbr'],
    ['https://192.0.2.60:7081/', '/cbr/'],
    ['192.0.2.60', 'cbr'],
  ])('take %s and %s for the server they are', (at, place) => {
    expect(noted({ type: 's3', at, place })).toEqual([
      ...['portal/DC pass', 'portal/DR pass', 'portal/schedules pass'],
    ])
  })

  it.each([
    [{ type: 's3', at: '192.0.2.61', place: 'cbr' }],
    [{ type: 's3', at: '192.0.2.60:9000', place: 'cbr' }],
    [{ type: 's3', at: '192.0.2.60', place: 'other' }],
    [{ type: 'sftp', at: '192.0.2.60', place: 'cbr' }],
    [null],
  ] as const)('stop at %j', server => {
    expect(noted(server)[1]).toBe('portal/DR stop')
  })

  it('warn of schedules that differ, not of two ways to write one', () => {
    const server = { type: 's3', at: '192.0.2.60', place: 'cbr' } as const
    expect(noted(server, { configuration: '0 */1  * * * ' })[2]).toBe('portal/schedules pass')
    expect(noted(server, { analytics: null })[2]).toBe('portal/schedules warn')
  })
})

describe('the lines of a switch-over', () => {
  it.each([
    ['case $1 in dc-to-dr | dr-to-dc) ;; esac', 'dc-to-dr'],
    ['if [ "$1" == "dc_to_dr" ]; then', 'dc_to_dr'],
    ['  # dc-to-dr comes later\nrestore', null],
    ['abc-to-dr dc-to-dr-x xdc_to_dr', null],
  ])('find in %j the verb %s', (script, verb) => {
    expect(verbIn(script, 'dc-to-dr')).toBe(verb)
  })

  it('leave the word standalone out for a cluster', () => {
    expect(argvOf('cluster', 'dr_to_dc')).toEqual(['./setup.sh', 'dr_to_dc'])
    expect(argvOf('standalone', 'dc-to-dr')).toEqual(['./setup.sh', 'standalone', 'dc-to-dr'])
  })

  it('allow the three pairs of modes that the vendor names', () => {
    const pairs = (['cluster', 'standalone'] as const).flatMap(DC =>
      (['cluster', 'standalone'] as const).map(DR => [DC, DR, modesRefused({ DC, DR }) === null]),
    )
    expect(pairs).toEqual([
      ['cluster', 'cluster', true],
      ['cluster', 'standalone', true],
      ['standalone', 'cluster', false],
      ['standalone', 'standalone', true],
    ])
  })

  it.each([
    ['DR', 'DC', /dc says DR, dr says DC; did you swap/],
    ['dr', null, /dc says DR; did you swap/],
    [null, 'DC', /dr says DC; did you swap/],
    ['DC', 'DC', null],
    ['DC', 'DR', null],
    [null, null, null],
    ['elsewhere', 'DR', null],
  ] as const)('tell from director_site %j and %j whether the sites are swapped', (dc, dr, said) => {
    const refused = swappedRefused([
      { deployment: 'dc', site: 'DC', says: dc },
      { deployment: 'dr', site: 'DR', says: dr },
    ])
    if (said) expect(refused).toMatch(said)
    else expect(refused).toBeNull()
  })

  it('offer no change of director_site when the folder of the other step says this site', () => {
    const view = { ...masterView(masterYml({ mode: 'cluster' }))!, directorSite: 'DR' }
    const swapped = siteLine(view, 'DC', 'DC')
    expect(swapped).toMatchObject({ state: 'stop', finding: expect.stringContaining('swapped') as string })
    expect(swapped?.edit).toBeUndefined()
    expect(JSON.stringify(swapped)).not.toContain('write director_site')
    expect(siteLine(view, 'DC', null)?.edit).toMatchObject({ value: 'DC' })
  })

  it('know the backup server at a site by any address of it, in any spelling', async () => {
    const signal = AbortSignal.timeout(10_000)
    const view = masterView(masterYml({ mode: 'cluster' }))
    const place = { kind: 'ssh', host: 'localhost', port: 22, user: 'operator', folder: 'setup' } as const
    const DR = await resolved(addressesOf(view, place), signal)
    const stateAt = async (host: string) =>
      backupSiteLine(minio, await resolved([host], signal), [
        { site: 'DC', addresses: new Set(['192.0.2.99']) },
        { site: 'DR', addresses: DR },
      ])
    // A host, what is bonded, what the three share, what clients see, and the deployment host under a name.
    for (const host of [
      '192.0.2.12',
      '198.51.100.33',
      '192.0.2.50',
      '198.51.100.7',
      '127.0.0.1',
      'LOCALHOST',
    ])
      expect(await stateAt(host)).toMatchObject({
        state: 'warn',
        finding: expect.stringContaining('the DR') as string,
      })
    expect(await stateAt('192.0.2.60')).toMatchObject({ state: 'pass' })
    expect(backupSiteLine(minio, new Set(['192.0.2.60']), [{ site: 'DR', addresses: null }])).toMatchObject({
      state: 'warn',
    })
  })

  it('warn of a newest backup that is older than the first step', () => {
    const asked = {
      server: 'nas',
      step: 2,
      first: '2026-11-20T10:00:00.900Z',
      now: Date.parse('2026-11-20T10:05:00Z'),
    } as const
    const made = (at: string) => backupLine({ stamp: 'x', at, bytes: 1 }, asked).state
    expect(made('2026-11-20T10:00:00.000Z')).toBe('pass')
    expect(made('2026-11-20T09:59:59.000Z')).toBe('warn')
    expect(backupLine(null, asked).state).toBe('stop')
    expect(backupLine(null, { ...asked, step: 1, first: null }).state).toBe('pass')
  })
})
