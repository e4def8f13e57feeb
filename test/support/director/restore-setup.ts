import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DirectorPreflight, DirectorRequest } from '../../../shared/contract/director.ts'
import type { DeploymentPlace } from '../../../shared/director.ts'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { directorComponents } from '../../../shared/director-files.ts'
import type { StartedRun, StoredRun } from '../../../electron/engine/run/index.ts'
import { tempFolder } from '../temp-folder.ts'
import type { TestEngine, TestEngineOptions } from '../engine.ts'
import { openTestEngine } from '../engine.ts'
import type { Sshd } from '../servers/sshd.ts'
import { startSshd } from '../servers/sshd.ts'
import type { Vsftpd } from '../servers/vsftpd.ts'
import { startVsftpd } from '../servers/vsftpd.ts'
import { uploadDirectorBackup } from './backup-place.ts'
import type { DirectorBackup } from './director-backup.ts'
import { makeDirectorBackup } from './director-backup.ts'
import type { Behaviour, StandIn } from './stand-in.ts'
import { makeStandIn } from './stand-in.ts'

export const restoredStamp = '20260326T131502'

/** A Director to restore: the stand-in deployment, a host for its `master.yml`, and a server with a run of backups. */
export type RestoreSetup = {
  sshd: Sshd
  vsftpd: Vsftpd
  standIn: StandIn
  backup: DirectorBackup
  request: DirectorRequest
  /** An engine that knows the deployment `dr`, the server `ftp` with the files, and the disk `disk` with them too. */
  engine(options?: TestEngineOptions): Promise<TestEngine>
}

/** One sshd and one vsftpd for a whole file of tests. */
export async function startRestoreServers(): Promise<{ sshd: Sshd; vsftpd: Vsftpd; stop(): Promise<void> }> {
  // Jobs leave their files in there.
  const home = await mkdtemp(join(tmpdir(), 'drydock-home-'))
  const [sshd, vsftpd] = await Promise.all([
    startSshd({ directives: [`SetEnv HOME=${home}`] }),
    startVsftpd(),
  ])
  return {
    sshd,
    vsftpd,
    stop: async () => {
      await Promise.allSettled([sshd.stop(), vsftpd.stop()])
      await rm(home, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** @param options.over how the deployment folder is reached */
export async function setUpRestore(
  { sshd, vsftpd }: { sshd: Sshd; vsftpd: Vsftpd },
  options: { over: 'local' | 'ssh'; fetch?: 'direct' | 'served'; behave?: Behaviour[] },
): Promise<RestoreSetup> {
  const { over, fetch = 'direct', behave = [] } = options
  const standIn = await makeStandIn({
    behave,
    hosts: [
      { ip: '127.0.0.1', port: sshd.port, name: 'director-dr', user: sshd.user, pem: sshd.privateKeyFile },
    ],
  })
  onTestFinished(() => standIn.remove())
  const backup = await makeDirectorBackup(await tempFolder(), restoredStamp, { latest: true })
  const all = [...backup.files, ...backup.latest]
  const dir = `director-${Math.random().toString(36).slice(2)}`
  await uploadDirectorBackup({ kind: 'ftp', server: vsftpd, dir }, backup, all)
  const fingerprint = await sshd.hostFingerprint()
  const { folder } = standIn
  const home = await tempFolder()
  const place: DeploymentPlace =
    over === 'local'
      ? { kind: 'local', folder }
      : { kind: 'ssh', host: sshd.host, port: sshd.port, user: sshd.user, folder, hostKey: fingerprint }
  const added = new Date().toISOString()
  return {
    ...{ sshd, vsftpd, standIn, backup },
    request: {
      deployment: 'dr',
      mode: 'standalone',
      server: fetch === 'served' ? 'disk' : 'ftp',
      stamp: restoredStamp,
      edits: {
        names: Object.fromEntries(backup.files.map(({ component, name }) => [component, name])) as Record<
          DirectorComponent,
          string
        >,
        master: [],
      },
      fetch,
    },
    async engine(engineOptions = {}) {
      // A home of its own: jobs leave their files in there.
      const opened = await openTestEngine({ env: { ...process.env, HOME: home }, ...engineOptions })
      const { engine } = opened
      if (engineOptions.root === undefined) {
        await engine.directors.deployments.save(
          { name: 'dr', place, hostKeys: { [`127.0.0.1:${sshd.port}`]: fingerprint }, added },
          { replaces: null, secrets: over === 'ssh' ? { privateKey: sshd.privateKey } : null },
        )
        const { host, port, user, password } = vsftpd
        await engine.servers.add(
          { type: 'ftp', name: 'ftp', host, port, user, path: dir, tls: 'none', added, learned: {} },
          { password },
        )
        await uploadDirectorBackup({ kind: 'local', path: await opened.addServer('disk') }, backup, all)
      }
      return opened
    },
  }
}

/** Preflight and start, as the wizard does it. @throws Error when the verdict is NO-GO, with its lines */
export async function startRestore(
  { engine }: TestEngine,
  request: DirectorRequest,
): Promise<{ run: StartedRun; preflight: DirectorPreflight }> {
  const signal = AbortSignal.timeout(60_000)
  const preflight = await engine.directors.preflight(request, { signal, told: () => {} })
  if (preflight.verdict === 'NO-GO')
    throw new Error(
      preflight.lines.flatMap(l => (l.state === 'stop' ? [`${l.title}: ${l.finding}`] : [])).join('\n'),
    )
  const { token, confirm } = preflight
  return { run: await engine.directors.start(request, { token, typed: confirm }), preflight }
}

/** Waits for a record of the run that `wanted` takes. */
export async function whenRun(run: StartedRun, wanted: (record: StoredRun) => boolean | Promise<boolean>) {
  for await (const record of run.snapshots()) if (await wanted(record)) return record
  throw new Error(`the run ended before: ${JSON.stringify((await run.done).failure)}`)
}

/** What the stand-in fetched must be what was uploaded. */
export const wantedHashes = (backup: DirectorBackup): Record<string, string> =>
  Object.fromEntries(directorComponents.map(component => [component, backup.sha256[component]]))
