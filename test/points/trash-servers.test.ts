import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../electron/engine/engine.ts'
import {
  keepPoint,
  listOnServer,
  purgePoint,
  putBackPoint,
  removePoint,
} from '../../electron/engine/points/index.ts'
import { applyRetention, purgeDue } from '../../electron/engine/retention/index.ts'
import type { ServerRecord, ServerSecrets } from '../../shared/server.ts'
import { serverRecord } from '../../shared/server.ts'
import { backUp, filesBackup, openTestEngine } from '../support/engine.ts'
import { fiveServersAvailable } from '../support/five-servers.ts'
import { startAzurite } from '../support/servers/azurite.ts'
import { sftpRecord } from '../support/servers/sftp-place.ts'
import { startSshd } from '../support/servers/sshd.ts'
import { startSwift } from '../support/servers/swift.ts'
import { startVsftpd } from '../support/servers/vsftpd.ts'
import { suiteNeeds } from '../support/skip.ts'

type Place = { record: ServerRecord; secrets: ServerSecrets }

const day = 24 * 3_600_000
const added = '2026-01-01T00:00:00Z'

suiteNeeds('trash and protection on real servers', await fiveServersAvailable(), () => {
  const places = new Map<string, Place>()
  const running: { stop(): Promise<unknown> }[] = []

  beforeAll(async () => {
    const [swift, azurite, sshd, vsftpd] = await Promise.all([
      startSwift(),
      startAzurite(),
      startSshd(),
      startVsftpd({ tls: 'explicit' }),
    ])
    if (!swift.ok) throw new Error(swift.why)
    running.push(swift.server, azurite, sshd, vsftpd)
    await swift.server.bucket('trash')
    await azurite.service.getContainerClient('trash').create()
    const { endpoint, accessKeyId, secretAccessKey } = swift.server
    const put = (type: string, settings: object, secrets: ServerSecrets) =>
      places.set(type, { record: serverRecord.parse({ name: type, type, added, ...settings }), secrets })
    put('s3', { endpoint, bucket: 'trash' }, { accessKeyId, secretAccessKey })
    put(
      'azure',
      { endpoint: azurite.endpoint, container: 'trash', account: azurite.account },
      { accountKey: azurite.key },
    )
    put('sftp', await sftpRecord(sshd, sshd.files, { name: 'sftp' }), { privateKey: sshd.privateKey })
    const { host, port, user, password, ca } = vsftpd
    put('ftp', { host, port, user, ca }, { password })
  })
  afterAll(() => Promise.allSettled(running.map(server => server.stop())))

  describe.each(['s3', 'azure', 'sftp', 'ftp'])('on %s', type => {
    /** A laptop of its own, that knows the server and nothing else. */
    async function laptop(
      now: () => number = Date.now,
    ): Promise<{ engine: Engine; backUp(): Promise<string> }> {
      const test = await openTestEngine({ clock: { now, monotonic: () => performance.now() } })
      const { record, secrets } = places.get(type)!
      await test.engine.servers.add(record, secrets)
      const source = join(test.root, 'source')
      mkdirSync(source)
      writeFileSync(join(source, 'file'), 'content')
      return {
        engine: test.engine,
        backUp: async () => {
          const run = await backUp(test, filesBackup([source], [type]))
          expect(run.failure).toBeNull()
          return (run.outcome as { point: string }).point
        },
      }
    }
    const states = async (engine: Engine) =>
      (await listOnServer(engine.places, type, { all: true })).points.map(
        ({ point, state, kept, trash }) => `${point} ${state}${kept ? ' kept' : ''}${trash ? ' trash' : ''}`,
      )

    it(
      'another laptop sees what one did, undoes it, and purges in the end',
      { timeout: 60_000 },
      async () => {
        const one = await laptop()
        const other = await laptop()
        const oldest = await one.backUp()
        const middle = await one.backUp()
        const newest = await one.backUp()
        const on = (point: string) => ({ point, server: type, by: 'me@here' })

        await keepPoint(one.engine.places, { ...on(oldest), kept: true })
        await removePoint(one.engine.places, on(middle))
        expect(await states(other.engine)).toEqual([
          `${newest} complete`,
          `${middle} complete trash`,
          `${oldest} complete kept`,
        ])
        await expect(removePoint(other.engine.places, on(oldest))).rejects.toMatchObject({
          code: 'run.conflict',
        })
        await putBackPoint(other.engine.places, on(middle))
        await keepPoint(other.engine.places, { ...on(oldest), kept: false })
        expect(await states(one.engine)).toEqual([newest, middle, oldest].map(point => `${point} complete`))

        const keep = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 }
        const plan = { name: 'docs', servers: [type], keep, zone: 'UTC' }
        const [done] = await applyRetention(one.engine.places, plan)
        expect(done).toMatchObject({
          removed: [oldest, middle],
          failure: null,
          purge: { purged: [], inDoubt: 0 },
        })

        // Two months later, says this laptop alone.
        const jumped = await laptop(() => Date.now() + 61 * day)
        expect(await purgeDue(jumped.engine.places, type, { by: 'test' })).toMatchObject({
          purged: [],
          inDoubt: 2,
        })
        expect(await states(other.engine)).toHaveLength(3)

        await purgePoint(other.engine.places, on(middle))
        expect(await states(one.engine)).toEqual([`${newest} complete`, `${oldest} complete trash`])
        await purgePoint(other.engine.places, on(oldest))
        const store = await one.engine.servers.open(type)
        const left: string[] = []
        for await (const { name } of store.list('')) left.push(name)
        expect(left.every(name => name.includes(newest.slice('docs@'.length)))).toBe(true)
      },
    )
  })

  it.each(['s3', 'azure', 'sftp'])(
    '%s tells its own time, and what both clocks find due is purged',
    async type => {
      const test = await openTestEngine()
      const { record, secrets } = places.get(type)!
      await test.engine.servers.add(record, secrets)
      const source = join(test.root, 'source')
      writeFileSync(source, 'content')
      for (let i = 0; i < 2; i++) await backUp(test, filesBackup([source], [type], { plan: 'due' }))
      const [, older] = (await listOnServer(test.engine.places, type, { name: 'due' })).points
      await removePoint(test.engine.places, { point: older!.point, server: type, by: 'me', trashDays: 0 })
      const { purged, inDoubt } = await purgeDue(test.engine.places, type, { by: 'test' })
      expect({ purged, inDoubt }).toEqual({ purged: [older!.point], inDoubt: 0 })
    },
  )
})
