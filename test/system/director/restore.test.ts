import { readFile, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeManifest } from '../../../electron/engine/archive/manifest.ts'
import { manifestName } from '../../../electron/engine/archive/names.ts'
import { proofsOf } from '../../../electron/engine/overview/index.ts'
import type { RestoreSetup } from '../../support/director/restore-setup.ts'
import { directorServersAvailable } from '../../support/director/director-servers.ts'
import type { TestEngine } from '../../support/engine.ts'
import {
  restoredStamp,
  setUpRestore,
  startRestore,
  startRestoreServers,
  wantedHashes,
  whenRun,
} from '../../support/director/restore-setup.ts'

const available = await directorServersAvailable()
const minute = 60_000

describe.skipIf(!available.ok)(
  `a Director restore${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let servers: Awaited<ReturnType<typeof startRestoreServers>>
    beforeAll(async () => {
      servers = await startRestoreServers()
    }, minute)
    afterAll(() => servers.stop())

    it.each(['local', 'ssh'] as const)(
      'writes restore.yml, answers setup.sh and ends with what was restored (folder: %s)',
      async over => {
        const setup = await setUpRestore(servers, { over })
        const opened = await setup.engine()
        const points = await withManifests(opened, setup)
        const { run } = await startRestore(opened, setup.request)
        const record = await run.done
        expect(record).toMatchObject({ state: 'succeeded', problems: 0, failure: null })
        expect(record.outcome).toMatchObject({ points })
        expect(proofsOf(record)).toMatchObject([{ name: 'dc-config', runId: run.id }])
        expect(await setup.standIn.restored()).toEqual(wantedHashes(setup.backup))

        const state = await opened.engine.directors.state(run.id)
        expect(state).toMatchObject({ link: 'ended', exit: 0, asking: null, failed: 0, unreachable: 0 })
        expect(state.recap.map(({ host }) => host)).toContain('director-dr')
        const { text, size } = await opened.engine.directors.terminal(run.id, 0)
        expect(text).toContain('PLAY RECAP')
        expect(size).toBe(Buffer.byteLength(text))

        const yml = await readFile(join(setup.standIn.folder, 'restore.yml'), 'utf8')
        expect(yml).toContain(`mongo_${restoredStamp}.dump.gz`)
        const beside = (await setup.standIn.changes()).filter(name => name !== 'restored')
        expect(beside).toEqual([expect.stringMatching(/^restore\.yml\.\d{8}T\d{6}Z$/)])

        // Nothing of the secrets anywhere in the state folder but the vault, and nothing left on the host.
        await expectNowhere(opened.home, setup.vsftpd.password)
        expect(await readdir(join(homedir(), '.drydock', 'jobs')).catch(() => [])).not.toContain(run.id)
      },
    )

    it('goes on when the connection is cut in the middle', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh', behave: ['gate:half'] })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, setup.request)
      const gate = setup.standIn.gate('half')
      await gate.reached()
      await servers.sshd.dropConnections()
      await whenRun(run, async () => (await opened.engine.directors.state(run.id)).link === 'lost')
      await servers.sshd.dropConnections()
      await gate.open()
      expect(await run.done).toMatchObject({ state: 'succeeded' })
      expect(await setup.standIn.calls()).toHaveLength(1)
      const { text } = await opened.engine.directors.terminal(run.id, 0)
      expect(text.match(/PLAY RECAP/g)).toHaveLength(2)
    })

    it('is attached to again by another Drydock, which sees what was said meanwhile and how it ended', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh', behave: ['gate:half', 'gate:end'] })
      const first = await setup.engine({ vault: 'passphrase' })
      const { run } = await startRestore(first, setup.request)
      await setup.standIn.gate('half').reached()
      run.stop('shutdown')
      expect(await run.done).toMatchObject({ state: 'interrupted', ended: null, failure: null })
      await setup.standIn.gate('half').open()
      await setup.standIn.gate('end').reached()
      const second = await setup.engine({ root: first.root, vault: 'passphrase' })
      const again = await second.engine.resume(run.id)
      await setup.standIn.gate('end').open()
      expect(await again.done).toMatchObject({ state: 'succeeded', failure: null })
      expect(await setup.standIn.calls()).toHaveLength(1)
      const { text } = await second.engine.directors.terminal(run.id, 0)
      expect(text.match(/PLAY RECAP/g)).toHaveLength(2)
      await expect(second.engine.resume(run.id)).rejects.toMatchObject({ code: 'run.not-resumable' })
    })

    it('shows a question that nobody expects, and types what the operator answers', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh', behave: ['asks-visible:answers'] })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, setup.request)
      await whenRun(run, async () => (await opened.engine.directors.state(run.id)).asking !== null)
      const { asking } = await opened.engine.directors.state(run.id)
      expect(asking).toMatchObject({ text: expect.stringContaining('(yes/no)') as string, hidden: false })
      const id = asking?.id ?? ''
      await expect(run.answer({ question: 'another', text: 'yes', hidden: false })).rejects.toMatchObject({
        code: 'run.conflict',
      })
      await run.answer({ question: id, text: 'yes', hidden: false })
      expect(await run.done).toMatchObject({ state: 'succeeded' })
    })

    it('is not begun by going on with one whose script was never started', async () => {
      const setup = await setUpRestore(servers, { over: 'local' })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, { ...setup.request, safetyCopy: 'disk' })
      // There is no mongodump on this machine: the copy fails before anything is changed.
      expect(await run.done).toMatchObject({ state: 'failed' })
      const again = await opened.engine.resume(run.id)
      expect(await again.done).toMatchObject({ state: 'failed', failure: { code: 'run.not-resumable' } })
      expect(await setup.standIn.calls()).toEqual([])
    })

    it('presses Ctrl-C when it is cancelled, and says what state the hosts are in', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh', behave: ['gate:half'] })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, setup.request)
      await setup.standIn.gate('half').reached()
      await expect(run.pause()).rejects.toMatchObject({ code: 'run.conflict' })
      await run.cancel()
      expect(await run.done).toMatchObject({ state: 'cancelled' })
      expect((await setup.standIn.calls())[0]?.exit).toBe(130)
      const state = await opened.engine.directors.state(run.id)
      expect(state).toMatchObject({ link: 'ended', exit: 130 })
      expect(state.hostState).toMatch(/setup\.sh ended with 130/)
    })

    it.each([
      ['task-fails:half', 'local.command', /ended with 2/],
      ['reboots:unpack', 'remote.failed', /how it ended is not known/],
    ] as const)('fails with words when setup.sh %s', async (behave, code, detail) => {
      const setup = await setUpRestore(servers, { over: 'ssh', behave: [behave] })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, setup.request)
      const record = await run.done
      expect(record).toMatchObject({ state: 'failed', failure: { code } })
      expect(record.failure?.detail).toMatch(detail)
    })

    it('serves the files of a disk to setup.sh from the deployment host, and leaves nothing there', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh', fetch: 'served' })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, setup.request)
      expect(await run.done).toMatchObject({ state: 'succeeded', failure: null })
      expect(await setup.standIn.restored()).toEqual(wantedHashes(setup.backup))
      expect(await readdir(join(homedir(), '.drydock', 'serve')).catch(() => [])).not.toContain(run.id)
      // A password is masked, an address is not: it is what hosts are called.
      const { text } = await opened.engine.directors.terminal(run.id, 0)
      expect(text).toContain('Enter the FTP Host: 127.0.0.1')
      expect((await run.done).progress.total).toBeNull()
    })

    it('refuses a second operator while the script runs, and says who and since when', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh', behave: ['gate:half'] })
      const opened = await setup.engine()
      const { run } = await startRestore(opened, setup.request)
      await setup.standIn.gate('half').reached()
      const other = await setup.engine()
      await expect(startRestore(other, setup.request)).rejects.toThrow(/since/)
      await setup.standIn.gate('half').open()
      expect(await run.done).toMatchObject({ state: 'succeeded' })
    })
  },
)

async function expectNowhere(folder: string, secret: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8')
    expect(text.includes(secret), `${entry.name} holds the secret`).toBe(false)
  }
}

/** Manifests of the restored stamp beside the files: one of them is theirs. @returns its point */
async function withManifests({ engine }: TestEngine, { backup }: RestoreSetup): Promise<string[]> {
  const stamp = `${restoredStamp}Z`
  const hash = '0'.repeat(64)
  const manifestOf = (plan: string, files: { name: string; sha256: string }[]) =>
    encodeManifest({
      ...{
        drydockManifest: 1,
        plan,
        stamp,
        started: '',
        ended: '',
        host: '',
        user: '',
        platform: '',
        run: '',
      },
      ...{ tool: { name: 'drydock', version: '0' }, source: { kind: 'command', as: 'director' } },
      ...{ encryption: null, problems: 0, notKept: [], restore: '' },
      files: files.map(({ name, sha256 }) => ({
        ...{ component: 'x', name, layout: 'stream', compression: 'none', encryption: null, sha256 },
        ...{ size: 1, contentBytes: 1, parts: [{ size: 1, sha256: hash }] },
        entries: { name: `${name}.entries`, size: 1, sha256: hash, count: 1, files: 1 },
      })),
    })
  const store = await engine.servers.open('ftp')
  const [first, ...others] = backup.files
  for (const [plan, files] of [
    ['dc-config', backup.files],
    ['docs', [{ name: 'docs.tar', sha256: hash }]],
    ['dc-other', [{ ...first!, sha256: hash }, ...others]],
    ['dc-half', others],
  ] as const)
    await store.put(manifestName(plan, stamp), manifestOf(plan, [...files]), {})
  return [`dc-config@${stamp}`]
}
