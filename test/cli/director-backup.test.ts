import { hash } from 'node:crypto'
import { chmod, chown, mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { DirectorComponent } from '../../shared/director-files.ts'
import { directorComponents, directorFileName } from '../../shared/director-files.ts'
import { directorTools } from '../support/director/component-tools.ts'
import { directorServersAvailable } from '../support/director/director-servers.ts'
import { makeStandIn } from '../support/director/stand-in.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { startSshd } from '../support/servers/sshd.ts'
import type { Swift } from '../support/servers/swift.ts'
import { startSwift } from '../support/servers/swift.ts'
import { Drydock } from './support/drydock.ts'

const available = await directorServersAvailable()
const minute = 60_000

type Told = { component: DirectorComponent; name: string; sha256: string }
const sha256Of = (bytes: Uint8Array) => hash('sha256', bytes)

describe.skipIf(!available.ok)(
  `drydock director backup${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 3 * minute },
  () => {
    let sshd: Sshd
    let swift: Swift
    beforeAll(async () => {
      const [first, second] = await Promise.all([startSshd({ passwordUser: true }), startSwift()])
      if (!second.ok) throw new Error(second.why)
      sshd = first
      swift = second.server
    }, minute)
    afterAll(async () => {
      await Promise.allSettled([sshd.stop(), swift.stop()])
    })

    /** A Director on the sshd with commands for all five components, and the servers `nas` (SFTP) and `cloud` (S3). */
    async function ready() {
      const { host, port, user, passwordUser } = sshd
      if (!passwordUser) throw new Error('start sshd with passwordUser')
      const standIn = await makeStandIn({
        hosts: [{ ip: '127.0.0.1', port, name: 'director-dc', user, pem: sshd.privateKeyFile }],
      })
      onTestFinished(() => standIn.remove())
      const drydock = await Drydock.fresh()
      await chmod(drydock.folder, 0o755)
      const name = `d-${Math.random().toString(36).slice(2)}`
      await swift.bucket(name)
      const nas = join(sshd.files, name)
      await mkdir(nas)
      await chown(nas, passwordUser.uid, passwordUser.gid)
      const { endpoint, region, accessKeyId, secretAccessKey } = swift
      const secrets = ['--secrets-file', drydock.path('secrets.json')]
      await writeFile(
        drydock.path('secrets.json'),
        JSON.stringify({
          nas: { password: passwordUser.password },
          cloud: { accessKeyId, secretAccessKey },
        }),
      )
      const fingerprint = await sshd.hostFingerprint()
      const sftp = ['--type', 'sftp', '--host', host, '--port', String(port), '--user', passwordUser.name]
      await drydock.json(
        ['server', 'add', 'nas', ...sftp, '--path', nas, '--host-key', fingerprint, '--no-test'].concat(
          secrets,
        ),
      )
      const s3 = ['--type', 's3', '--endpoint', endpoint, '--bucket', name, '--region', region]
      await drydock.json(['server', 'add', 'cloud', ...s3, '--no-test', ...secrets])
      const tools = await directorTools(drydock.path('director'), null)
      const commands = directorComponents.flatMap(one => ['--set-command', `${one}=${tools[one].command}`])
      const asked = [standIn.folder, '--as', 'dc', '--to', 'nas,cloud', ...secrets]
      const trust = ['--trust', `127.0.0.1:${port}=${fingerprint}`]
      return { drydock, standIn, nas, secrets, commands, asked: [...asked, ...trust], trust }
    }

    const hashesOf = (files: Record<string, unknown>[]) =>
      Object.fromEntries(files.map(({ component, sha256 }) => [component as DirectorComponent, sha256]))

    it('stores five files of one stamp on both servers, and setup.sh restores them from there', async () => {
      const { drydock, standIn, nas, secrets, commands, asked, trust } = await ready()
      const dry = await drydock.json(['director', 'backup', ...asked, '--dry-run'], 3)
      expect(dry.result()).toMatchObject({ notSet: ['elk', 'certificate-service', 'ec-provision'] })
      expect(dry.stderr).toContain("--set-command 'elk=COMMAND'")
      expect(dry.result()).toMatchObject({ latest: false })
      const shown = await drydock.run(['director', 'backup', ...asked, '--dry-run'])
      expect(shown.stdout).toContain('latest copies would stay as they are: not all')
      expect(await readdir(nas)).toEqual([])
      await mkdir(join(nas, 'dcrepository'))
      const beside = await drydock.json(['director', 'backup', ...asked, '--dry-run'], 3)
      expect(beside.stderr).toMatch(/nas would fail: .*continuous backup/)
      await rmdir(join(nas, 'dcrepository'))
      expect(await readdir(drydock.home)).not.toContain('deployments.json')

      const first = (await drydock.json(['director', 'backup', ...asked, ...commands])).result()
      expect(first).toMatchObject({
        servers: { nas: 'done', cloud: 'done' },
        latest: { nas: 'replaced', cloud: 'replaced' },
        notSet: [],
      })
      // The commands are kept with the deployment.
      const ended = await drydock.json(['director', 'backup', 'dc', '--to', 'nas,cloud', ...secrets])
      const second = ended.result()
      expect(second['stamp']).not.toBe(first['stamp'])
      const files = ended.events().filter(({ event }) => event === 'file')
      expect(files.map(({ name }) => name)).toEqual(
        directorComponents.map(component => directorFileName(component, String(second['stamp']))),
      )
      for (const { component, name, sha256 } of files as unknown as Told[])
        for (const one of [name, directorFileName(component, 'latest')])
          expect(sha256Of(await readFile(join(nas, one)))).toBe(sha256)
      const [made] = ended.events().filter(({ event }) => event === 'point')
      expect(made).toMatchObject({ name: 'dc', state: 'complete', verified: null })
      expect(made).toMatchObject({ stamp: `${String(made?.['fileStamp'])}Z`, fileStamp: second['stamp'] })
      expect(made?.['point']).toBe(`dc@${String(made?.['stamp'])}`)
      const points = (await drydock.json(['points', '--server', 'cloud', ...secrets])).events()
      expect(points.filter(({ event }) => event === 'point').map(({ point }) => point)).toEqual([
        second['point'],
        first['point'],
      ])
      const stamp = String(second['stamp'])
      const restore = [
        'director',
        'restore',
        'dc',
        '--server',
        'cloud',
        '--stamp',
        stamp,
        ...trust,
        ...secrets,
      ]
      await drydock.json([...restore, '--mode', 'standalone', '--confirm', 'director-dc'])
      expect(await standIn.restored()).toEqual(hashesOf(files))
    })

    it('exits 3 when a component is not set, 1 when one fails, and then the latest copies stay', async () => {
      const { drydock, nas, secrets, commands, asked } = await ready()
      const backup = ['director', 'backup', ...asked, '--name', 'dc-config']
      const partly = await drydock.json([...backup, ...commands.slice(0, 4)], 3)
      expect(partly.result()).toMatchObject({
        point: expect.stringMatching(/^dc-config@/) as string,
        notSet: ['elk', 'certificate-service', 'ec-provision'],
        latest: { nas: 'kept', cloud: 'kept' },
      })
      const before = await readdir(nas)
      expect(before.filter(name => name.includes('latest'))).toEqual([])
      const broken = ['--set-command', 'mongo=echo half | gzip; echo "no mongo here" >&2; exit 7']
      const failed = await drydock.json([...backup, ...broken], 1)
      expect(failed.result()).toMatchObject({ code: 'local.command' })
      expect(failed.stderr).toContain('no mongo here')
      expect(await readdir(nas)).toEqual(before)
      await drydock.json([...backup, '--set-command', 'mongodb=true'], 2)

      const plan = ['plan', 'add', 'dc-plan', '--director', 'dc', '--system', 'Director', '--to', 'nas']
      await drydock.json([...plan, '--daily', '02:30', '--encrypt', 'passphrase'], 2)
      await drydock.json([...plan, '--daily', '02:30'])
      const mended = ['director', 'backup', 'dc', '--to', 'nas', ...secrets]
      await drydock.json([...mended, ...commands, '--no-latest'])
      const ran = await drydock.json(['plan', 'run', 'dc-plan', ...secrets])
      expect(ran.result()).toMatchObject({ latest: { nas: 'replaced' } })
    })
  },
)
