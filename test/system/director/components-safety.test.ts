import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeManifest } from '../../../electron/engine/archive/manifest.ts'
import type { DirectorRequest } from '../../../shared/contract/director.ts'
import type { DirectorCommands } from '../../../shared/director.ts'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import { backUpDirector } from '../../support/director/component-run.ts'
import { directorTools, quick } from '../../support/director/component-tools.ts'
import { directorServersAvailable } from '../../support/director/director-servers.ts'
import {
  setUpRestore,
  startRestore,
  startRestoreServers,
  wantedHashes,
} from '../../support/director/restore-setup.ts'
import type { TestEngine } from '../../support/engine.ts'
import { objectsIn, problemsOf } from '../../support/engine.ts'
import { openSsh } from '../../support/director-host.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const available = await directorServersAvailable()
const minute = 60_000

describe.skipIf(!available.ok)(
  `a safety copy before a Director restore${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let servers: Awaited<ReturnType<typeof startRestoreServers>>
    beforeAll(async () => {
      servers = await startRestoreServers()
    }, minute)
    afterAll(() => servers.stop())

    /** An engine with a third server, `copies`, and these commands for the deployment. */
    async function setUp(change: (tools: Required<DirectorCommands>) => DirectorCommands = tools => tools) {
      const setup = await setUpRestore(servers, { over: 'ssh' })
      const opened = await setup.engine()
      const copies = await opened.addServer('copies')
      await mkdir(copies, { recursive: true })
      const tools = await directorTools(await tempFolder(), null)
      const record = await opened.engine.directors.deployments.book.get('dr')
      await opened.engine.directors.deployments.save(
        { ...record, commands: change(tools) },
        { replaces: record, secrets: null },
      )
      const request: DirectorRequest = { ...setup.request, safetyCopy: 'copies' }
      return { setup, opened, copies, tools, request }
    }

    const restored = async ({ engine }: TestEngine, request: DirectorRequest) => {
      const { run } = await startRestore({ engine } as TestEngine, request)
      return await run.done
    }

    it('holds the five files and a manifest of what the host was, and then the restore goes on', async () => {
      const { setup, opened, copies, request } = await setUp()
      expect(await restored(opened, request)).toMatchObject({
        state: 'succeeded',
        problems: 0,
        failure: null,
      })
      expect(await setup.standIn.restored()).toEqual(wantedHashes(setup.backup))
      const names = await objectsIn(copies)
      const manifestName = names.find(name => name.endsWith('.manifest.json')) ?? ''
      expect(manifestName).toMatch(/^safety-dr_\d{8}T\d{6}Z\.manifest\.json$/)
      const manifest = decodeManifest(await readFile(join(copies, manifestName)), manifestName)
      const stamp = manifest.stamp.slice(0, -1)
      expect(manifest.files.map(({ name }) => name)).toEqual(
        directorComponents.map(component => directorFileName(component, stamp)),
      )
      expect(names.filter(name => name.includes('latest'))).toEqual([])
      const { points } = await opened.engine.directors.points('copies', { deep: false })
      expect(points).toMatchObject([{ stamp, safetyCopy: true, flags: [] }])
    })

    it('names the components that have no command, and the restore goes on', async () => {
      const none = { command: null, ...quick }
      const { opened, copies, request } = await setUp(tools => ({
        ...tools,
        elk: none,
        'ec-provision': none,
      }))
      const record = await restored(opened, request)
      expect(record).toMatchObject({ state: 'succeeded', problems: 2 })
      expect(await problemsOf(record, opened.home)).toMatchObject([
        { code: 'component.not-set', subject: expect.stringContaining('ELK') as string },
        { code: 'component.not-set', subject: expect.stringContaining('Edge controller') as string },
      ])
      const files = (await objectsIn(copies)).filter(name => name.endsWith('.gz'))
      expect(files.length).toBe(3)
    })

    it('stops the restore before anything is changed when a component fails', async () => {
      const { setup, opened, copies, request } = await setUp(tools => ({
        ...tools,
        mongo: { command: 'echo "no mongo here" >&2; exit 7', ...quick },
      }))
      const yml = await readFile(join(setup.standIn.folder, 'restore.yml'), 'utf8')
      const record = await restored(opened, request)
      expect(record).toMatchObject({ state: 'failed', failure: { code: 'local.command' } })
      expect(record.failure?.subject).toBe('Mongo DB')
      expect(record.failure?.detail).toMatch(/status 7: no mongo here/)
      expect(await setup.standIn.changes()).toEqual([])
      expect(await readFile(join(setup.standIn.folder, 'restore.yml'), 'utf8')).toBe(yml)
      expect(await setup.standIn.calls()).toEqual([])
      expect(await objectsIn(copies)).toEqual([])
    })

    it('is refused beside the vendor’s repositories: by the preflight, and when they came later by the run', async () => {
      const { setup, opened, copies, request } = await setUp()
      await mkdir(join(copies, 'drrepository'))
      await expect(startRestore(opened, request)).rejects.toThrow(/Safety copy: copies holds drrepository\//)
      await rm(join(copies, 'drrepository'), { recursive: true })
      const signal = AbortSignal.timeout(minute)
      const { token, confirm } = await opened.engine.directors.preflight(request, { signal, told: () => {} })
      await mkdir(join(copies, 'drrepository'))
      const run = await opened.engine.directors.start(request, { token, typed: confirm })
      expect(await run.done).toMatchObject({
        state: 'failed',
        failure: { code: 'remote.unsupported', subject: 'copies' },
      })
      expect(await setup.standIn.changes()).toEqual([])
      expect(await objectsIn(copies)).toEqual(['drrepository'])
    })

    it('is told by the preflight: what is copied, what is not, and where it cannot be', async () => {
      const none = { command: null, ...quick }
      const { opened, request } = await setUp(tools => ({ ...tools, elk: none }))
      const line = async (change: Partial<DirectorRequest>) => {
        const signal = AbortSignal.timeout(minute)
        const whole = { ...request, ...change }
        const { lines } = await opened.engine.directors.preflight(whole, { signal, told: () => {} })
        return lines.find(({ id }) => id === 'safety')
      }
      expect(await line({})).toMatchObject({
        state: 'warn',
        finding: expect.stringContaining('no command is set: ELK') as string,
      })
      expect(await line({ safetyCopy: null })).toBeUndefined()
      expect(await line({ safetyCopy: 'no-such-server' })).toMatchObject({ state: 'stop' })
    })

    it('and any backup of components can be restored by setup.sh as it stands', async () => {
      const { setup, opened, tools, request } = await setUp()
      const host = await openSsh(servers.sshd)
      const { outcome } = await backUpDirector(opened, {
        host,
        commands: tools,
        servers: ['ftp'],
        latest: false,
      })
      const stamp = outcome?.stamp ?? ''
      const names = Object.fromEntries(
        directorComponents.map(component => [component, directorFileName(component, stamp)]),
      ) as Record<DirectorComponent, string>
      const own = { ...request, stamp, edits: { names, master: [] }, safetyCopy: null }
      expect(await restored(opened, own)).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
      expect(await setup.standIn.restored()).toEqual(
        Object.fromEntries(outcome?.components.map(({ component, sha256 }) => [component, sha256]) ?? []),
      )
    })
  },
)
