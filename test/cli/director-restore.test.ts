import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uploadDirectorBackup } from '../support/director/backup-place.ts'
import { directorServersAvailable } from '../support/director/director-servers.ts'
import type { RestoreSetup } from '../support/director/restore-setup.ts'
import {
  restoredStamp,
  setUpRestore,
  startRestoreServers,
  wantedHashes,
} from '../support/director/restore-setup.ts'
import type { Behaviour } from '../support/director/stand-in.ts'
import type { Event } from './support/drydock.ts'
import { Drydock } from './support/drydock.ts'

const available = await directorServersAvailable()
const minute = 60_000

describe.skipIf(!available.ok)(
  `drydock director preflight, restore and attach${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 3 * minute },
  () => {
    let servers: Awaited<ReturnType<typeof startRestoreServers>>
    beforeAll(async () => {
      servers = await startRestoreServers()
    }, minute)
    afterAll(() => servers.stop())

    type Ready = RestoreSetup & { drydock: Drydock; asked: string[] }

    /** A command with its state, a server `ftp` with the files, and the arguments that name them. */
    async function ready(behave: Behaviour[] = [], over: 'local' | 'ssh' = 'local'): Promise<Ready> {
      const setup = await setUpRestore(servers, { over, behave })
      const { sshd, vsftpd, standIn, backup } = setup
      const drydock = await Drydock.fresh()
      const dir = `cli-${Math.random().toString(36).slice(2)}`
      await uploadDirectorBackup({ kind: 'ftp', server: vsftpd, dir }, backup, [
        ...backup.files,
        ...backup.latest,
      ])
      const secrets = drydock.path('secrets.json')
      await writeFile(
        secrets,
        JSON.stringify({
          ftp: { password: vsftpd.password },
          deployment: { privateKey: sshd.privateKey },
        }),
      )
      const { host, port, user } = vsftpd
      await drydock.json(
        [
          'server',
          'add',
          'ftp',
          '--type',
          'ftp',
          '--host',
          host,
          '--port',
          String(port),
          '--user',
          user,
        ].concat([...['--path', dir, '--tls', 'none', '--no-test', '--secrets-file', secrets]]),
      )
      const fingerprint = await sshd.hostFingerprint()
      const where =
        over === 'local'
          ? [standIn.folder]
          : [
              `${sshd.user}@${sshd.host}:${standIn.folder}`,
              '--port',
              String(sshd.port),
              '--host-key',
              fingerprint,
            ]
      const asked = [
        ...where,
        ...['--server', 'ftp', '--stamp', restoredStamp, '--secrets-file', secrets],
        ...['--trust', `127.0.0.1:${sshd.port}=${fingerprint}`],
      ]
      return { ...setup, drydock, asked }
    }

    const texts = (events: Event[]) =>
      events.flatMap(({ event, text }) => (event === 'line' ? [String(text)] : [])).join('\n')

    it('checks without changing anything, and says what is to be done about an unknown host key', async () => {
      const { drydock, asked, standIn, sshd } = await ready()
      const trusting = asked.indexOf('--trust')
      const without = asked.toSpliced(trusting, 2)
      const refused = await drydock.json(['director', 'preflight', ...without], 5)
      expect(refused.result()).toMatchObject({ code: 'no-go', verdict: 'no-go', confirm: ['director-dr'] })
      const pinned = refused.events().find(({ event, pin }) => event === 'preflight' && pin)
      expect(pinned).toMatchObject({ state: 'stop', pin: { address: `127.0.0.1:${sshd.port}` } })

      const good = await drydock.json(['director', 'preflight', ...asked])
      expect(good.result()).toMatchObject({ stamp: restoredStamp, server: 'ftp', mode: 'standalone' })
      expect(good.result()['verdict']).toMatch(/^(go|warn)$/)
      // Known from now on, by its name too.
      const { deployment } = good.result()
      const again = await drydock.json([
        'director',
        'preflight',
        String(deployment),
        ...asked.slice(1, trusting),
      ])
      expect(again.result()).toMatchObject({ deployment })
      expect(await standIn.changes()).toEqual([])
      expect(await standIn.calls()).toEqual([])
    })

    it('keeps no folder that was mistyped, takes another key for one that is kept, and forgets one', async () => {
      const { drydock, asked, sshd } = await ready([], 'ssh')
      const [where = '', ...rest] = asked
      const typo = await drydock.json(['director', 'preflight', `${where}-gone`, ...rest], 1)
      expect(typo.stderr).toMatch(/it is not there[^]*path of the deployment folder/)
      expect((await drydock.run(['director', 'list'])).stdout).toBe('')

      await drydock.json(['director', 'preflight', where, '--as', 'dr', ...rest])
      const kept = async () => (await drydock.json(['director', 'list'])).events()[0]
      const fingerprint = await sshd.hostFingerprint()
      expect(await kept()).toMatchObject({ name: 'dr', place: { hostKey: fingerprint } })
      const keyed = (key: string) =>
        rest.toSpliced(0, 2).map((word, n, all) => (all[n - 1] === '--host-key' ? key : word))
      const other = `SHA256:${'A'.repeat(43)}`
      const refused = await drydock.json(['director', 'preflight', 'dr', ...keyed(other)], 5)
      expect(refused.stderr).toContain(`--host-key ${fingerprint}`)
      expect(refused.stderr).not.toContain('server edit')
      expect(await kept()).toMatchObject({ place: { hostKey: other } })
      await drydock.json(['director', 'preflight', 'dr', ...keyed(fingerprint)])

      await drydock.json(['director', 'remove', 'dr'])
      expect((await drydock.run(['director', 'list'])).stdout).toBe('')
    })

    it('changes nothing before every host is named', async () => {
      const { drydock, asked, standIn } = await ready()
      const silent = await drydock.json(['director', 'restore', ...asked], 2)
      expect(silent.stderr).toContain('--confirm director-dr')
      await drydock.json(['director', 'restore', ...asked, '--confirm', 'director'], 2)
      expect(await standIn.changes()).toEqual([])
      expect(await standIn.calls()).toEqual([])
    })

    it.each(['local', 'ssh'] as const)(
      'restores with its output as JSON lines, and no secret in it (folder: %s)',
      async over => {
        const { drydock, asked, standIn, backup, vsftpd } = await ready(['echoes-secret:fetch'], over)
        const args = ['director', 'restore', ...asked, '--confirm', 'director-dr']
        const ended = await drydock.json(args)
        expect(await standIn.restored()).toEqual(wantedHashes(backup))
        const result = ended.result()
        expect(result).toMatchObject({ code: 'done', scriptExit: 0 })
        expect(result['hostState']).toMatch(/^setup\.sh ended well/)
        expect(texts(ended.events())).toMatch(/PLAY \[servers\][^]*client login '•••'[^]*PLAY RECAP/)
        expect(
          ended
            .events()
            .filter(({ event }) => event === 'progress')
            .at(-1),
        ).toMatchObject({
          link: 'ended',
          failed: 0,
        })
        const said = ended.stdout + ended.stderr
        expect(said).not.toContain(vsftpd.password)
        // Of the colours and other sequences nothing is left.
        expect(said).not.toContain('\\u001b')
        const shown = await drydock.run(['director', 'attach', String(result['run']), '--all'])
        expect(shown.stdout).toContain('PLAY RECAP')
        expect(shown.exit).toBe(0)
      },
    )

    it('leaves the script alone when it is killed; attach shows what was missed, and how it ended', async () => {
      const { drydock, asked, standIn, backup } = await ready(['gate:half', 'gate:end'])
      const args = ['director', 'restore', ...asked, '--confirm', 'director-dr', '--json']
      const started = drydock.start(args)
      await standIn.gate('half').reached()
      started.child.kill('SIGKILL')
      await started.ended
      await standIn.gate('half').open()
      await standIn.gate('end').reached()
      const [run] = (await drydock.json(['runs', 'list'])).events().filter(({ event }) => event === 'run')
      expect(run).toMatchObject({ kind: 'director-restore', state: 'interrupted' })
      const secrets = asked.slice(asked.indexOf('--secrets-file')).slice(0, 2)
      const attached = drydock.start(['director', 'attach', String(run?.['id']), ...secrets, '--json'])
      await attached.sees(/TASK \[restore mongo\]/)
      await standIn.gate('end').open()
      const ended = await attached.ended
      expect(ended.result()).toMatchObject({ code: 'done', exit: 0, scriptExit: 0 })
      expect(await standIn.restored()).toEqual(wantedHashes(backup))
      expect(await standIn.calls()).toHaveLength(1)
      expect(texts(ended.events()).match(/PLAY RECAP/g)).toHaveLength(2)
    })

    it('stops the script of a restore that nobody watches; until then its deployment is kept', async () => {
      const { drydock, asked, standIn } = await ready(['gate:half'], 'ssh')
      const args = ['director', 'restore', ...asked, '--as', 'dr', '--confirm', 'director-dr']
      const started = drydock.start([...args, '--json'])
      await standIn.gate('half').reached()
      started.child.kill('SIGKILL')
      await started.ended
      const [{ id } = { id: '' }] = (await drydock.json(['runs', 'list'])).events()
      const refused = await drydock.json(['director', 'remove', 'dr'], 5)
      expect(refused.result()).toMatchObject({ code: 'run.conflict' })
      const cancelled = await drydock.json(['runs', 'cancel', String(id)], 5)
      expect(cancelled.stderr).toContain(`drydock director stop ${String(id)}`)
      const secrets = asked.slice(asked.indexOf('--secrets-file')).slice(0, 2)
      const stopped = await drydock.json(['director', 'stop', String(id), ...secrets])
      expect(stopped.stderr).toMatch(/in the middle of task/)
      expect((await standIn.calls())[0]?.exit).toBe(130)
      await drydock.json(['director', 'stop', String(id), ...secrets], 5)
      await drydock.json(['director', 'remove', 'dr'])
    })

    it('ends on SIGTERM and leaves the script running', async () => {
      const { drydock, asked, standIn } = await ready(['gate:half'])
      const started = drydock.start(['director', 'restore', ...asked, '--confirm', 'director-dr'])
      await standIn.gate('half').reached()
      await started.sees(/fetch the backup files/)
      started.child.kill('SIGTERM')
      const ended = await started.ended
      expect(ended.exit).toBe(130)
      expect(ended.stderr).toMatch(
        /setup\.sh runs on, on this machine\. drydock director attach \S+ comes back/,
      )
      await standIn.gate('half').open()
      await expect.poll(async () => (await standIn.calls())[0]?.exit, { timeout: minute }).toBe(0)
    })

    it('shows the script live on a terminal, asks for the names, and puts its questions to the person', async () => {
      const { drydock, asked, standIn, backup } = await ready(['asks-visible:answers', 'asks-hidden:fetch'])
      const started = drydock.onTerminal(['director', 'restore', ...asked])
      await started.sees(/Type its name to go on: $/)
      started.child.stdin.write('director-dr\r')
      await started.sees(/setup\.sh asks: The volumes of an earlier installation[^]*Your answer: $/)
      started.child.stdin.write('yes\r')
      await started.sees(/setup\.sh asks: Passphrase of the volume group[^]*\(not shown\): $/)
      started.child.stdin.write('invented-anchor\r')
      const ended = await started.ended
      expect(ended.exit).toBe(0)
      expect(ended.stdout).toMatch(/PLAY \[servers\][^]*PLAY RECAP[^]*ended well/)
      expect(ended.stdout).not.toContain('invented-anchor')
      expect(await standIn.restored()).toEqual(wantedHashes(backup))
      const [call] = await standIn.calls()
      expect(call?.answers.map(({ id }) => id)).toContain('unexpected-fetch')
    })

    it('asks on Ctrl-C, says how the hosts stand, and stops the script only when that is meant', async () => {
      const { drydock, asked, standIn } = await ready(['gate:half'])
      const started = drydock.onTerminal(['director', 'restore', ...asked, '--confirm', 'director-dr'])
      await standIn.gate('half').reached()
      started.child.stdin.write('\x03')
      await started.sees(
        /in the middle of task[^]*may be stopped[^]*Stop setup\.sh there now\? \(type yes\): $/,
      )
      started.child.stdin.write('yes\r')
      const ended = await started.ended
      expect(ended.exit).toBe(130)
      expect((await standIn.calls())[0]?.exit).toBe(130)
    })

    it('lets a person answer from another terminal what a restore without one is asked', async () => {
      const { drydock, asked, standIn } = await ready(['asks-visible:answers'])
      const args = ['director', 'restore', ...asked, '--confirm', 'director-dr', '--json']
      const restoring = drydock.start(args)
      const [, run = ''] = await restoring.sees(/"event":"ask","run":"([^"]+)"/)
      await restoring.sees(/drydock director attach \S+ at a terminal/, 'err')
      const attached = drydock.onTerminal(['director', 'attach', run])
      await attached.sees(/Enter the Restore Type[^]*setup\.sh asks: The volumes[^]*Your answer: $/)
      attached.child.stdin.write('yes\r')
      const [first, second] = await Promise.all([restoring.ended, attached.ended])
      expect(first.result()).toMatchObject({ code: 'done', exit: 0 })
      expect(second.exit).toBe(0)
      expect(second.stdout).toContain('ended well')
      expect(await standIn.calls()).toHaveLength(1)
    })

    it('attaches to no other kind of run', async () => {
      const drydock = await Drydock.fresh()
      await drydock.json(['director', 'attach', '20261120T095728Z-none'], 2)
    })
  },
)
