import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directorServersAvailable } from '../support/director/director-servers.ts'
import { setUpSwitch, startSwitchServers } from '../support/director/switch-setup.ts'
import type { SwitchServers } from '../support/director/switch-setup.ts'
import { Drydock } from './support/drydock.ts'

const available = await directorServersAvailable()
const minute = 60_000

describe.skipIf(!available.ok)(
  `drydock director switch${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 3 * minute },
  () => {
    let servers: SwitchServers
    beforeAll(async () => {
      servers = await startSwitchServers()
    }, minute)
    afterAll(() => servers.stop())

    it('takes both steps and the address in their order, and comes back to a step whose process was killed', async () => {
      const setup = await setUpSwitch(servers, { DC: { behave: ['gate:half'] } })
      const { vsftpd } = servers
      const drydock = await Drydock.fresh()
      const secretsFile = drydock.path('secrets.json')
      await writeFile(secretsFile, JSON.stringify({ ftp: { password: vsftpd.password } }))
      const secrets = ['--secrets-file', secretsFile]
      const { host, port, user } = vsftpd
      await drydock.json([
        ...['server', 'add', 'ftp', '--type', 'ftp', '--host', host, '--port', String(port), '--user', user],
        ...['--path', setup.dir, '--tls', 'none', '--no-test', ...secrets],
      ])
      const trust = (site: 'DC' | 'DR') =>
        Object.entries(setup.hostKeys[site]).flatMap(([at, key]) => ['--trust', `${at}=${key}`])
      for (const site of ['DC', 'DR'] as const)
        await drydock.run([
          'director',
          'status',
          setup[site].folder,
          '--as',
          site.toLowerCase(),
          ...trust(site),
        ])
      const pair = ['--from', 'dc', '--to', 'dr', '--server', 'ftp']
      const begin = ['director', 'switch', 'begin', 'dc-to-dr', ...pair]
      expect((await drydock.json(begin, 2)).stderr).toContain('--dns NAME')
      const begun = await drydock.json([...begin, '--dns', 'director.example.com', ...secrets])
      const id = String(begun.result()['switch'])
      expect(begun.events()[0]).toMatchObject({ event: 'switch', id, steps: [{ mode: 'standalone' }, {}] })

      const step = ['director', 'switch', 'step', ...secrets]
      const unnamed = await drydock.json(step, 2)
      expect(unnamed.stderr).toContain('--confirm director-dc')
      expect(unnamed.events().find(one => one['id'] === 'verb')).toMatchObject({ state: 'pass' })
      expect(await setup.DC.calls()).toEqual([])

      const started = drydock.start([...step, '--confirm', 'director-dc', '--json'])
      await setup.DC.gate('half').reached()
      started.child.kill('SIGKILL')
      await started.ended
      const busy = await drydock.json(['director', 'switch', 'give-up', id], 5)
      const [, run = ''] = /\((\S+-\w+)\)/.exec(busy.stderr) ?? []
      await drydock.json(step, 5)
      await setup.DC.gate('half').open()
      const attached = await drydock.json(['director', 'attach', run, ...secrets])
      expect(attached.result()).toMatchObject({ code: 'done', scriptExit: 0 })
      expect(await setup.DC.siteState()).toBe('passive')

      await drydock.json(['director', 'switch', 'done'], 5)
      const taken = await drydock.json([...step, '--confirm', 'director-dr'])
      expect(taken.result()).toMatchObject({ code: 'done', step: 2, scriptExit: 0 })
      expect(taken.stderr).toContain(`drydock director switch done ${id}`)
      expect(await setup.DR.siteState()).toBe('active')
      const ended = await drydock.run(['director', 'switch', 'done', '--note', 'by hand'])
      expect(ended.stdout).toMatch(
        /dc-to-dr, finished[^]*Step 2: DR \(dr, standalone\): done[^]*note: by hand/,
      )
    })
  },
)
