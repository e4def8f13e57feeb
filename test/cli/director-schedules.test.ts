import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Drydock } from './support/drydock.ts'

describe('drydock director schedules', () => {
  it('compares plans and portals of both sites, once it is told what the portals show', async () => {
    const drydock = await Drydock.fresh()
    for (const name of ['dc', 'dr']) {
      await mkdir(drydock.path(name))
      await writeFile(drydock.path(name, 'setup.sh'), '#!/bin/sh\n')
    }
    await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', drydock.path('disk')])
    const keep = (name: string) => [
      ...['director', 'backup', drydock.path(name), '--as', name],
      '--set-command',
    ]
    const kept = await drydock.json([...keep('dc'), 'analytics=dump-of "$DRYDOCK_DAY"'])
    expect(kept.result()).toMatchObject({ ok: true, deployment: 'dc', kept: ['analytics'] })
    await drydock.json([...keep('dr'), 'elk=tar -C /opt/invented -czf - .'])

    const plan = ['plan', 'add', 'data', '--director', 'dc', '--analytics', '--system', 'DC', '--to', 'disk']
    const hourly = await drydock.json([...plan, '--every', '1h'], 2)
    expect(hourly.stderr).toContain('analytics data is backed up daily only')
    const added = await drydock.run([
      ...plan,
      '--daily',
      '02:30',
      '--zone',
      'Europe/Zurich',
      '--compress',
      'zstd',
    ])
    expect([added.exit, added.stdout]).toEqual([0, expect.stringContaining('Added data: At 02:30 AM')])
    expect(added.stderr).toContain('01:30 UTC, 00:30 UTC while summer time holds')
    expect(added.stderr).toContain('drydock plan start data')

    const odd = await drydock.json(['director', 'portal', 'dr', '--configuration', '0 25 * * *'], 2)
    expect(odd.stderr).toContain('--configuration: ')
    const secret = ['--type', 'ftp', '--at', 'ftp://user:Sekret77@127.0.0.1/x', '--place', 'backups']
    const refused = await drydock.json(['director', 'portal', 'dc', ...secret], 2)
    expect(refused.stderr).toContain('the address alone')
    expect(refused.stderr + refused.stdout).not.toContain('Sekret77')
    expect(await readFile(join(drydock.home, 'deployments.json'), 'utf8')).not.toContain('Sekret77')
    const server = ['--type', 's3', '--at', 'https://192.0.2.60:7081', '--place', 'director-backup']
    const noted = await drydock.run([
      'director',
      'portal',
      'dc',
      '--configuration',
      '30 2 * * *',
      '--analytics',
      'none',
      ...server,
      '--other',
      'dr',
    ])
    expect(noted.stdout).toContain('At 02:30 AM, UTC')
    expect(noted.stdout).toContain('s3, https://192.0.2.60:7081, director-backup')
    await drydock.json(['director', 'portal', 'dr', '--configuration', '0 4 * * *'])
    // From either side: that dc is the other one of dr is said at dc alone.
    const said = await drydock.run(['director', 'schedules', 'dr'])
    expect(said.stdout).toMatch(/^configuration +dr +portal +At 04:00 AM, UTC +04:00 UTC$/m)
    expect(said.stdout).toMatch(/^configuration +other times$/m)
    expect(said.stdout).toMatch(/^analytics +dc +plan data \(not started\) +At 02:30 AM, Europe\/Zurich/m)
    expect(said.stdout).toContain('They should be the same in DC and DR.')
    const events = (await drydock.json(['director', 'schedules', 'dc'])).events()
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'schedules', what: 'configuration', same: false }),
    )
  })
})
