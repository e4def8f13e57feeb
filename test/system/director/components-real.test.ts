import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listDirectorPoints } from '../../../electron/engine/system/director/files/index.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import { backUpDirector } from '../../support/director/component-run.ts'
import { directorTools } from '../../support/director/component-tools.ts'
import { openSsh } from '../../support/director-host.ts'
import { openTestEngine, shell } from '../../support/engine.ts'
import type { Ensured } from '../../support/servers/debian.ts'
import { fiveServersAvailable } from '../../support/five-servers.ts'
import type { Postgres } from '../../support/servers/postgres.ts'
import { postgresAvailable, startPostgres } from '../../support/servers/postgres.ts'
import type { Azurite } from '../../support/servers/azurite.ts'
import { startAzurite } from '../../support/servers/azurite.ts'
import type { Vsftpd } from '../../support/servers/vsftpd.ts'
import { startVsftpd } from '../../support/servers/vsftpd.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import { startSshd } from '../../support/servers/sshd.ts'
import type { Swift } from '../../support/servers/swift.ts'
import { startSwift } from '../../support/servers/swift.ts'
import { tempFolder } from '../../support/temp-folder.ts'

async function allAvailable(): Promise<Ensured> {
  const servers = await fiveServersAvailable()
  return servers.ok ? postgresAvailable() : servers
}

const available = await allAvailable()
const minute = 60_000
const exec = promisify(execFile)

describe.skipIf(!available.ok)(
  `components over ssh to real servers${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let sshd: Sshd
    let swift: Swift
    let postgres: Postgres
    let azurite: Azurite
    let vsftpd: Vsftpd
    beforeAll(async () => {
      const started = await Promise.all([
        startSshd(),
        startSwift(),
        startPostgres(),
        startAzurite(),
        startVsftpd(),
      ])
      if (!started[1].ok) throw new Error(started[1].why)
      ;[sshd, , postgres, azurite, vsftpd] = started
      swift = started[1].server
      await swift.bucket('director')
      await azurite.container('director')
      await postgres.createDatabase('keycloak')
      await postgres.sql(
        'keycloak',
        `create table user_entity (id int primary key, name text not null);
         insert into user_entity select n, 'invented ' || n || ' äöü' from generate_series(1, 5000) n`,
      )
    }, 2 * minute)
    afterAll(() =>
      Promise.allSettled([sshd?.stop(), swift?.stop(), postgres?.stop(), azurite?.stop(), vsftpd?.stop()]),
    )

    async function setUp() {
      const opened = await openTestEngine({ env: { HOME: sshd.folder } })
      const { engine } = opened
      const added = new Date().toISOString()
      const { accessKeyId, secretAccessKey } = swift
      const own = `store-${Math.random().toString(36).slice(2)}`
      const path = join(sshd.files, own)
      await mkdir(path)
      await engine.servers.add(
        {
          ...{ type: 's3', name: 's3', endpoint: swift.endpoint, region: swift.region, bucket: 'director' },
          ...{ pathStyle: true, prefix: `${own}/`, added, learned: {} },
        },
        { accessKeyId, secretAccessKey },
      )
      await engine.servers.add(
        {
          ...{ type: 'sftp', name: 'sftp', host: sshd.host, port: sshd.port, user: sshd.user, path },
          ...{ hostKey: await sshd.hostFingerprint(), added, learned: {} },
        },
        { privateKey: sshd.privateKey },
      )
      const { account, endpoint, key: accountKey } = azurite
      await engine.servers.add(
        {
          ...{ type: 'azure', name: 'azure', endpoint, account, container: 'director' },
          ...{ prefix: `${own}/`, added, learned: {} },
        },
        { accountKey },
      )
      await engine.servers.add(
        {
          ...{ type: 'ftp', name: 'ftp', host: vsftpd.host, port: vsftpd.port, user: vsftpd.user },
          ...{ path: own, tls: 'none', added, learned: {} },
        },
        { password: vsftpd.password },
      )
      const disk = await opened.addServer('disk')
      const host = await openSsh(sshd)
      const commands = await directorTools(await tempFolder(), postgres)
      return { opened, host, commands, disk, servers: ['s3', 'azure', 'sftp', 'ftp', 'disk'] }
    }

    it('are the same five files everywhere, and postgres comes to life again from them', async () => {
      const { opened, host, commands, disk, servers } = await setUp()
      const { record, outcome } = await backUpDirector(opened, { host, commands, servers })
      expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
      expect(outcome).toMatchObject({
        servers: Object.fromEntries(servers.map(server => [server, 'done'])),
        latest: Object.fromEntries(servers.map(server => [server, 'replaced'])),
      })
      const stamp = outcome?.stamp ?? ''
      for (const server of servers) {
        const store = await opened.engine.servers.open(server)
        const { points, latest } = await listDirectorPoints(store, { deep: true })
        expect(points).toMatchObject([{ stamp, flags: [], isLatest: true }])
        expect(latest.map(({ equals }) => equals)).toEqual(directorComponents.map(() => stamp))
        for (const { component, sha256 } of outcome?.components ?? []) {
          const hash = createHash('sha256')
          for await (const piece of store.read(directorFileName(component, stamp), { offset: 0 }))
            hash.update(piece)
          expect(hash.digest('hex')).toBe(sha256)
        }
      }

      const dump = join(disk, directorFileName('postgres', stamp))
      const folder = await tempFolder()
      expect(await shell('tar tzf "$1"', { args: [dump] })).toBe('postgres_dump.sql\n')
      await shell('tar -C "$2" -xzf "$1"', { args: [dump, folder] })
      const again = `again_${stamp.toLowerCase()}`
      await postgres.createDatabase(again)
      const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', again, '-f', join(folder, 'postgres_dump.sql')]
      await exec(join(postgres.bin, 'psql'), args, { env: { ...process.env, ...postgres.env } })
      const question = `select count(*) || ' ' || md5(string_agg(id || name, ',' order by id)) from user_entity`
      expect(await postgres.sql(again, question)).toBe(await postgres.sql('keycloak', question))
    })

    it('fail in words when the database is not there, and the next run is as if that had never been', async () => {
      const { opened, host, commands, disk, servers } = await setUp()
      const gone = {
        ...commands.postgres,
        command: `${commands.postgres.command}`.replace('keycloak', 'no_such_db'),
      }
      const failed = await backUpDirector(opened, {
        host,
        servers,
        commands: { ...commands, postgres: gone },
      })
      expect(failed.record).toMatchObject({ state: 'failed', failure: { code: 'local.command' } })
      expect(failed.record.failure).toMatchObject({
        subject: 'Postgres DB',
        detail: expect.stringContaining('no_such_db') as string,
      })
      const { points } = await listDirectorPoints(await opened.engine.servers.open('disk'), { deep: false })
      expect(points).toEqual([])
      const { outcome } = await backUpDirector(opened, { host, commands, servers })
      expect(outcome?.servers).toEqual(Object.fromEntries(servers.map(server => [server, 'done'])))
      await shell('gzip -t "$1"', { args: [join(disk, directorFileName('mongo', outcome?.stamp ?? ''))] })
    })

    it('stay away when the connection to the Director is cut in the middle', async () => {
      const { opened, host, commands, servers } = await setUp()
      const marker = join(await tempFolder(), 'begun')
      const elk = {
        command: `touch ${marker}; head -c 3000000 /dev/urandom | gzip; sleep 60`,
        silence: 60,
        longest: 120,
      }
      const running = backUpDirector(opened, {
        host,
        servers: servers.filter(s => s !== 'sftp'),
        commands: { ...commands, elk },
      })
      await expect
        .poll(
          () =>
            readFile(marker).then(
              () => true,
              () => false,
            ),
          { timeout: minute },
        )
        .toBe(true)
      await sshd.dropConnections()
      const { record } = await running
      expect(record.state).toBe('failed')
      // sshd may still tell that the command was ended before its connection is gone.
      expect(record.failure?.code).toMatch(/^(?:network\.interrupted|local\.command)$/)
      for (const server of ['s3', 'disk']) {
        const store = await opened.engine.servers.open(server)
        const { points } = await listDirectorPoints(store, { deep: false })
        expect(
          points.filter(
            ({ stamp }) => Math.abs(Date.parse(record.started) - Date.parse(toIso(stamp))) < 2000,
          ),
        ).toEqual([])
      }
    })
  },
)

const toIso = (stamp: string): string =>
  stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6Z')
