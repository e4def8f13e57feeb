import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import type { ProofReport } from '../../shared/contract/proof.ts'
import { filesHolding, holdsSecret } from './canary.ts'
import type { Desk } from './console-journey.ts'
import { go } from './console-servers.ts'
import { until } from './console-state.ts'
import { runEnds } from './console-steps.ts'
import {
  addDeployment,
  chooseRun,
  eraseAndRestore,
  openProof,
  shownHashes,
  trustHost,
  verdictOf,
} from './director-steps.ts'
import { type BackupPlace, uploadDirectorBackup } from './director/backup-place.ts'
import { type DirectorBackup, makeDirectorBackup } from './director/director-backup.ts'
import { type DirectorServers, startDirectorServers } from './director/director-servers.ts'
import { restoredStamp, wantedHashes } from './director/restore-setup.ts'
import { makeStandIn, type StandIn, type StandInOptions } from './director/stand-in.ts'
import type { Sshd } from './servers/sshd.ts'

export type DirectorKind = 's3' | 'azure' | 'sftp' | 'ftp'
/** What `master.yml` calls the host that is erased. */
export const directorHost = 'director-dr'
/** What the script calls a blob name; without one it is a question for the operator. */
const azureFolder = 'site-a'

/** The real servers, each with the files of one run, and what all journeys of a Director restore do with them. */
export class DirectorRestores {
  readonly servers: DirectorServers
  readonly backup: DirectorBackup
  readonly #folder: string

  private constructor(servers: DirectorServers, backup: DirectorBackup, folder: string) {
    this.servers = servers
    this.backup = backup
    this.#folder = folder
  }

  /** `stop` must be called. */
  static async start(): Promise<DirectorRestores> {
    const servers = await startDirectorServers()
    const folder = await mkdtemp(join(tmpdir(), 'drydock-director-'))
    const all = new DirectorRestores(
      servers,
      await makeDirectorBackup(folder, restoredStamp, { latest: true }),
      folder,
    )
    const { s3, azure, sftp, ftp } = servers.places
    for (const place of [s3, { ...azure, folder: azureFolder }, sftp, ftp]) await all.upload(place)
    return all
  }

  async stop(): Promise<void> {
    await this.servers.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  upload(place: BackupPlace): Promise<void> {
    return uploadDirectorBackup(place, this.backup, [...this.backup.files, ...this.backup.latest])
  }

  /** Where the deployment folder lies, and at once the host that is restored. */
  get sshd(): Sshd {
    return this.servers.places.sftp.server
  }

  /** A deployment that restores one host, whose key opens it. Removed with the test. */
  async deployment(options: StandInOptions = {}): Promise<StandIn> {
    const { port, user, privateKeyFile } = this.sshd
    const standIn = await makeStandIn({
      hosts: [{ ip: '127.0.0.1', port, name: directorHost, user, pem: privateKeyFile }],
      azureEndpoint: this.servers.places.azure.server.endpoint,
      ...options,
    })
    onTestFinished(() => standIn.remove())
    return standIn
  }

  /** Adds the server on the command line; its page is another journey's. */
  async addServer(desk: Desk, kind: DirectorKind): Promise<void> {
    const { name, args, secrets } = await this.servers.added(kind, kind)
    const prefix = kind === 'azure' ? ['--prefix', azureFolder] : []
    const input = JSON.stringify(secrets)
    await desk.cli(['server', 'add', name, ...args, ...prefix, '--secrets-stdin'], 0, { input })
  }

  /** From the source to the page of a run that has begun. */
  async begin(desk: Desk, server: string, standIn: StandIn): Promise<string> {
    const { page } = desk
    const { sshd } = this
    await chooseRun(page, server, restoredStamp)
    const hostKey = await sshd.hostFingerprint()
    await addDeployment(page, { name: 'dr', sshd, folder: standIn.folder, hostKey })
    expect(await verdictOf(page)).toBe('NO-GO')
    expect(await trustHost(page)).toMatch(/^GO/)
    expect([await standIn.calls(), await standIn.changes()]).toEqual([[], []])
    return await eraseAndRestore(page, directorHost)
  }

  /** The script ended once, well, and what it fetched is what was uploaded. */
  async expectRestored(standIn: StandIn): Promise<void> {
    expect(await standIn.restored()).toEqual(wantedHashes(this.backup))
    expect(await standIn.calls()).toMatchObject([{ words: 'standalone restore', exit: 0 }])
  }

  /** Opens the proof, and looks for what every good end says: in the report that is saved, and on its page. */
  async expectProof(page: Page, run: string): Promise<ProofReport> {
    const report = await openProof(page, run)
    expect(report).toMatchObject({ runId: run, result: 'restored', failure: null, problems: [] })
    const { director } = report
    const hosts = [{ name: directorHost, erased: true }]
    expect(director).toMatchObject({ exit: 0, mode: 'standalone', hosts })
    const wanted = wantedHashes(this.backup)
    expect(Object.fromEntries(director!.files.map(file => [file.component, file.sha256]))).toEqual(wanted)
    expect(director!.recap.map(({ host }) => host)).toContain(directorHost)
    expect((await shownHashes(page)).toSorted()).toEqual(Object.values(wanted).toSorted())
    await page
      .getByRole('table', { name: 'Recap of the hosts' })
      .getByRole('row', { name: new RegExp(directorHost) })
      .waitFor()
    return report
  }

  /** Looks for the secrets of a server, of the way to the deployment's host, and for `more`, wherever they could be. */
  async expectNoLeak(
    desk: Desk,
    kind: DirectorKind,
    { texts, more = [] }: { texts: readonly string[]; more?: readonly string[] },
  ): Promise<void> {
    const { accessKeyId: _, ...hidden } = (await this.servers.added(kind, kind)).secrets as Record<
      string,
      string
    >
    const key = this.sshd.privateKey.split('\n').filter(line => line.length > 40)
    const secrets = [...Object.values(hidden), ...key, ...more]
    expect(await filesHolding(desk.drydock.home, secrets)).toEqual([])
    for (const page of desk.context.pages()) {
      const seen = [page.url(), await page.content(), await page.locator('body').innerText()]
      const all = [...seen, ...texts, ...desk.said]
      expect(all.filter(text => secrets.some(secret => holdsSecret(text, secret)))).toEqual([])
    }
  }
}

/** Waits until the script has ended by itself, whoever looks. */
export const scriptEnds = (standIn: StandIn): Promise<unknown> =>
  until(async () => (await standIn.calls())[0]?.exit !== null)

/** Ends Drydock as a power cut would. */
export async function killDrydock(desk: Desk): Promise<void> {
  desk.expected(/WebSocket|Failed to load resource|ERR_CONNECTION/)
  await desk.stopConsole('SIGKILL')
  await desk.page.close()
}

/** Starts Drydock again, finds the Director restore interrupted and presses *Resume*. @returns its page */
export async function resumeAfterKill(desk: Desk, run: string): Promise<Page> {
  const page = await desk.openConsole()
  await go(page, 'Runs')
  await page
    .getByRole('link', { name: /^Director restore/ })
    .first()
    .click()
  expect(await runEnds(page, run)).toBe('Interrupted')
  const unwatched = page.getByText('Nobody watches the script now.')
  await unwatched.waitFor()
  await page.getByRole('button', { name: /^Resume/ }).click()
  await unwatched.waitFor({ state: 'detached' })
  return page
}
