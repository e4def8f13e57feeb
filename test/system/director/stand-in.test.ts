import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { directorComponents } from '../../../shared/director-files.ts'
import { answersFor, uploadDirectorBackup } from '../../support/director/backup-place.ts'
import type { DirectorBackup } from '../../support/director/director-backup.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import type { DirectorServers } from '../../support/director/director-servers.ts'
import { directorServersAvailable, startDirectorServers } from '../../support/director/director-servers.ts'
import { repliesFor } from '../../support/director/replies.ts'
import {
  recapOf,
  restoreByHand,
  standInForTest,
  withoutColours,
} from '../../support/director/restore-by-hand.ts'
import type { Reply } from '../../support/director/run-in-pty.ts'
import { runInPty } from '../../support/director/run-in-pty.ts'
import type { StandInOptions } from '../../support/director/stand-in.ts'
import { Drydock } from '../../cli/support/drydock.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const stamp = '20261118T020001'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

suiteNeeds('the stand-in deployment of a Director', await directorServersAvailable(), () => {
  let servers: DirectorServers
  let backup: DirectorBackup
  beforeAll(async () => {
    servers = await startDirectorServers()
    const disk = servers.places.local.path
    backup = await makeDirectorBackup(disk, stamp, { latest: true })
    for (const place of Object.values(servers.places)) {
      if (place.kind !== 'local')
        await uploadDirectorBackup(place, backup, [...backup.files, ...backup.latest])
    }
  })
  afterAll(() => servers?.stop())

  const standIn = (options: StandInOptions = {}) =>
    standInForTest({
      restore: { stamp },
      azureEndpoint: servers.places.azure.server.endpoint,
      ...options,
    })
  const replies = (): Reply[] => repliesFor(answersFor(servers.places.ftp))

  describe.each(['s3', 'azure', 'sftp', 'ftp'] as const)('on %s', kind => {
    it('fetches and unpacks the five files with the answers it is given, and shows no secret', async () => {
      const made = await standIn()
      const place = servers.places[kind]
      const { exit, text } = await restoreByHand(made, place).ended
      expect(withoutColours(text)).toMatch(/PLAY RECAP \*+\r\nlocalhost +: ok=2 +changed=1 .*\r\nserver1 /)
      expect(exit).toBe(0)
      expect(await made.restored()).toEqual(backup.sha256)
      for (const { component, inside } of backup.files) {
        const bytes = await made.unpacked(component, inside.path)
        expect(createHash('sha256').update(bytes).digest('hex'), component).toBe(inside.sha256)
      }
      const [call] = await made.calls()
      const typed = repliesFor(answersFor(place))
      expect(call).toMatchObject({ words: 'standalone restore', exit: 0 })
      expect(call?.answers.map(answer => answer.sha256)).toEqual(typed.map(({ type }) => sha256(type)))
      const log = await made.log()
      for (const { type } of typed.filter(reply => reply.hidden)) {
        expect(text).not.toContain(type)
        expect(log).not.toContain(type)
      }
    })

    it('is refused by the server when a secret is wrong', async () => {
      const made = await standIn({ behave: ['wrong-key'] })
      const { exit, text } = await restoreByHand(made, servers.places[kind]).ended
      expect(text).toMatch(/fatal: \[localhost\]: FAILED! => .*curl: \((22|67)\)/)
      expect(recapOf(text, 'localhost').at(-1)).toMatch(/failed=1/)
      expect(exit).toBe(2)
      await expect(made.restored()).rejects.toThrow('DONE')
    })
  })

  describe('on any server', () => {
    it('is known to Drydock by what `added` tells of it', async () => {
      const drydock = await Drydock.fresh()
      const passphrase = drydock.path('vault-passphrase')
      await writeFile(passphrase, 'only for this test\n', { mode: 0o600 })
      const env = { DRYDOCK_VAULT: 'passphrase', DRYDOCK_VAULT_PASSPHRASE_FILE: passphrase }
      for (const kind of ['s3', 'azure', 'sftp', 'ftp', 'local'] as const) {
        const { name, args, secrets } = await servers.added(kind, kind)
        const given = secrets ? ['--secrets-stdin'] : []
        await drydock.json(['server', 'add', name, ...args, ...given], 0, {
          env,
          input: JSON.stringify(secrets),
        })
      }
    })

    it('gives no secret to an argument or to the environment of what it starts', async () => {
      const made = await standIn()
      const tools = await tempFolder()
      const seen = join(tools, 'seen')
      for (const name of ['curl', 'python3', 'sed', 'awk', 'cut', 'sha256sum']) {
        const script = `#!/bin/bash\ntr '\\0' '\\n' </proc/$$/cmdline >>${seen}\nenv >>${seen}\nPATH=\${PATH#*:} exec ${name} "$@"\n`
        await writeFile(join(tools, name), script)
        await chmod(join(tools, name), 0o755)
      }
      const { exit } = await runInPty(
        ['/bin/bash', '-c', 'PATH=$TOOLS:$PATH exec ./setup.sh standalone restore'],
        {
          cwd: made.folder,
          replies: repliesFor(answersFor(servers.places.azure)),
          env: { TOOLS: tools },
        },
      ).ended
      expect(exit).toBe(0)
      const told = await readFile(seen, 'utf8')
      expect(told).toContain('stand-in/sign.py')
      expect(told).not.toContain(servers.places.azure.server.key)
    })

    it('can be run by another user over ssh, in a folder of that user', async () => {
      const { server } = servers.places.sftp
      const user = server.passwordUser
      if (!user) throw new Error('no user')
      const made = await standIn({ owner: user })
      const login = [
        ...['ssh', '-tt', '-F', 'none', '-i', server.privateKeyFile, '-p', String(server.port)],
        ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
        `${server.user}@${server.host}`,
      ]
      const become = `setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups`
      const run = runInPty([...login, `cd ${made.folder} && exec ${become} ./setup.sh standalone restore`], {
        cwd: '/',
        replies: replies(),
      })
      onTestFinished(() => run.kill())
      expect((await run.ended).exit).toBe(0)
      expect(await made.restored()).toEqual(backup.sha256)
      expect((await stat(join(made.folder, 'restored', 'DONE'))).uid).toBe(user.uid)
    })

    it('restores the copies called latest, and reads the older form of restore.yml', async () => {
      const made = await standIn({ restore: { form: 'old' } })
      expect((await restoreByHand(made, servers.places.ftp).ended).exit).toBe(0)
      expect(await made.restored()).toEqual(backup.sha256)
    })

    it('plays three hosts for a cluster', async () => {
      const made = await standIn({ mode: 'cluster' })
      const { exit, text } = await restoreByHand(made, servers.places.ftp, { words: ['restore'] }).ended
      expect(exit).toBe(0)
      for (const host of ['server1', 'server2', 'server3']) expect(recapOf(text, host)).toHaveLength(1)
      expect(recapOf(text, 'server2')[0]).toMatch(/ok=5 +changed=3 +unreachable=0 +failed=0 +skipped=5 /)
    })

    it('stops at once when master.yml has another number of servers than the mode', async () => {
      const made = await standIn({ mode: 'cluster' })
      const { exit, text } = await restoreByHand(made, servers.places.ftp, { replies: [] }).ended
      expect(text).toContain('3 enabled servers, standalone needs 1')
      expect(exit).toBe(2)
      expect(await made.changes()).toEqual([])
    })

    it('says how it is used when another verb is given', async () => {
      const made = await standIn()
      const { exit, text } = await restoreByHand(made, servers.places.ftp, {
        words: ['cleanup'],
        replies: [],
      }).ended
      expect(text).toMatch(/^Usage: /)
      expect(exit).toBe(1)
      expect(await made.calls()).toEqual([])
    })

    it('takes the type in any case, and asks again for one that it does not know', async () => {
      const made = await standIn()
      const [type, ...rest] = replies()
      if (!type) throw new Error('no reply')
      const { exit } = await restoreByHand(made, servers.places.ftp, {
        replies: [{ ...type, type: 'tape' }, { ...type, type: 'fTp' }, ...rest],
      }).ended
      expect(exit).toBe(0)
    })

    it('asks both again when a confirmation differs', async () => {
      const made = await standIn()
      const all = replies()
      const at = all.findIndex(({ hidden }) => hidden)
      const [secret, confirmed] = all.slice(at, at + 2)
      if (!secret || !confirmed) throw new Error('no reply')
      all.splice(at, 0, secret, { ...confirmed, type: 'something else' })
      const { exit, text } = await restoreByHand(made, servers.places.ftp, { replies: all }).ended
      expect(text).toContain('its confirmation are not the same')
      expect(exit).toBe(0)
    })

    it('changes nothing before the last answer', async () => {
      const made = await standIn({ behave: ['gate:answers'] })
      const run = restoreByHand(made, servers.places.ftp)
      await made.gate('answers').reached()
      expect(await made.changes()).toEqual([])
      await made.gate('answers').open()
      expect((await run.ended).exit).toBe(0)
      expect(await made.changes()).toEqual(['restored'])
    })

    it('fails at a file that was uploaded by half', async () => {
      const made = await standIn()
      const folder = join(servers.places.ftp.server.home, 'half')
      const place = { ...servers.places.ftp, dir: 'half' }
      await mkdir(folder)
      onTestFinished(() => rm(folder, { recursive: true }))
      await uploadDirectorBackup(place, backup, backup.files)
      const mongo = backup.files.find(({ component }) => component === 'mongo')
      if (!mongo) throw new Error('no mongo')
      await truncate(join(folder, mongo.name), mongo.size >> 1)
      const { exit, text } = await restoreByHand(made, place).ended
      expect(text).toMatch(/TASK \[check the backup files\][^]*FAILED! => .*unexpected end of file/)
      expect(exit).toBe(2)
    })
  })

  describe('a backup that was made for a test', () => {
    it('has the same bytes for the same stamp and others for another', async () => {
      const folder = await tempFolder()
      const again = await makeDirectorBackup(join(folder, 'a'), stamp)
      const other = await makeDirectorBackup(join(folder, 'b'), '20261119T020002')
      expect(again.sha256).toEqual(backup.sha256)
      for (const component of directorComponents) {
        expect(other.sha256[component]).not.toBe(backup.sha256[component])
      }
    })
  })
})
