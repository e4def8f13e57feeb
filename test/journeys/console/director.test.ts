import { mkdtemp, readdir, readFile, rm, unlink } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { browserAvailable, needs } from '../../support/browser.ts'
import { canary, filesHolding, holdsSecret } from '../../support/canary.ts'
import type { Desk } from '../../support/console-journey.ts'
import { journeys } from '../../support/console-journey.ts'
import { checkAndAdd, go, typedServer, typeServer } from '../../support/console-servers.ts'
import { addDisk } from '../../support/console-state.ts'
import { runEnds } from '../../support/console-steps.ts'
import { type BackupPlace, uploadDirectorBackup } from '../../support/director/backup-place.ts'
import { type DirectorBackup, makeDirectorBackup } from '../../support/director/director-backup.ts'
import {
  type DirectorServers,
  directorServersAvailable,
  startDirectorServers,
} from '../../support/director/director-servers.ts'
import { restoredStamp, wantedHashes } from '../../support/director/restore-setup.ts'
import { makeStandIn, type StandIn, type StandInOptions } from '../../support/director/stand-in.ts'
import {
  addDeployment,
  chooseRun,
  eraseAndRestore,
  noteAfterwards,
  openProof,
  recaps,
  shownHashes,
  terminal,
  terminalText,
  trustHost,
  verdictOf,
} from '../../support/director-steps.ts'

type Kind = 's3' | 'azure' | 'sftp' | 'ftp'
const host = 'director-dr'
/** What the script calls a blob name; without one it is a question for the operator. */
const azureFolder = 'site-a'
const long = { timeout: 180_000 }

journeys('a Director restore', await needs(browserAvailable, directorServersAvailable), journey => {
  let servers: DirectorServers
  let folder: string
  let backup: DirectorBackup
  beforeAll(async () => {
    servers = await startDirectorServers()
    folder = await mkdtemp(join(tmpdir(), 'drydock-director-'))
    backup = await makeDirectorBackup(folder, restoredStamp, { latest: true })
    const { s3, azure, sftp, ftp } = servers.places
    for (const place of [s3, { ...azure, folder: azureFolder }, sftp, ftp]) await upload(place)
  })
  afterAll(async () => {
    await servers?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const upload = (place: BackupPlace) =>
    uploadDirectorBackup(place, backup, [...backup.files, ...backup.latest])
  const sshd = () => servers.places.sftp.server

  /** A deployment that restores one host: the real sshd, which the hosts' own key opens. */
  async function deployment(options: StandInOptions = {}): Promise<StandIn> {
    const { port, user, privateKeyFile } = sshd()
    const standIn = await makeStandIn({
      hosts: [{ ip: '127.0.0.1', port, name: host, user, pem: privateKeyFile }],
      azureEndpoint: servers.places.azure.server.endpoint,
      ...options,
    })
    onTestFinished(() => standIn.remove())
    return standIn
  }

  /** Everything that must never be seen of the server and of the way to the deployment's host. */
  async function secretsOf(kind: Kind): Promise<string[]> {
    const { secrets } = await servers.added(kind, kind)
    const { accessKeyId: _, ...hidden } = secrets as Record<string, string>
    const key = sshd().privateKey.split('\n')
    return [...Object.values(hidden), ...key.filter(line => line.length > 40)]
  }

  /** Adds the server on the command line; its page is another journey's. */
  async function addServer(desk: Desk, kind: Kind): Promise<void> {
    const { name, args, secrets } = await servers.added(kind, kind)
    const prefix = kind === 'azure' ? ['--prefix', azureFolder] : []
    const input = JSON.stringify(secrets)
    await desk.cli(['server', 'add', name, ...args, ...prefix, '--secrets-stdin'], 0, { input })
  }

  /** From the source to the page of a run that has begun. */
  async function begin(desk: Desk, server: string, standIn: StandIn): Promise<string> {
    const { page } = desk
    await chooseRun(page, server, restoredStamp)
    const hostKey = await sshd().hostFingerprint()
    await addDeployment(page, { name: 'dr', sshd: sshd(), folder: standIn.folder, hostKey })
    expect(await verdictOf(page)).toMatch(/GO/)
    expect(await trustHost(page)).toMatch(/^GO/)
    expect(await standIn.calls()).toEqual([])
    return await eraseAndRestore(page, host)
  }

  async function expectRestored(standIn: StandIn): Promise<void> {
    expect(await standIn.restored()).toEqual(wantedHashes(backup))
    expect(await standIn.calls()).toMatchObject([{ words: 'standalone restore', exit: 0 }])
  }

  /** What every good end says: in the report that is saved, and on its page. */
  async function expectProof(desk: Desk, run: string): Promise<ProofReport> {
    const { page } = desk
    const report = await openProof(page, run)
    expect(report).toMatchObject({ runId: run, result: 'restored', failure: null, problems: [] })
    expect(report.director).toMatchObject({
      exit: 0,
      mode: 'standalone',
      hosts: [{ name: host, erased: true }],
    })
    expect(
      Object.fromEntries(report.director!.files.map(({ component, sha256 }) => [component, sha256])),
    ).toEqual(wantedHashes(backup))
    expect(report.director!.recap.map(one => one.host)).toContain(host)
    expect((await shownHashes(page)).toSorted()).toEqual(Object.values(wantedHashes(backup)).toSorted())
    await page
      .getByRole('table', { name: 'Recap of the hosts' })
      .getByRole('row', { name: new RegExp(host) })
      .waitFor()
    return report
  }

  async function expectNoLeak(
    desk: Desk,
    secrets: readonly string[],
    texts: readonly string[],
  ): Promise<void> {
    expect(await filesHolding(desk.drydock.home, secrets)).toEqual([])
    for (const page of desk.context.pages()) {
      const seen = [page.url(), await page.content(), await page.locator('body').innerText()]
      for (const secret of secrets)
        expect([...seen, ...texts, ...desk.said].filter(text => holdsSecret(text, secret))).toEqual([])
    }
  }

  journey(
    'goes from an empty Drydock to a proof, from S3 and over ssh',
    async desk => {
      const { page } = desk
      const standIn = await deployment({ install: 'acme' })
      await go(page, 'Overview')
      await page.getByRole('button', { name: 'Declare outage' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Declare outage' }).click()
      await page.getByRole('button', { name: 'End outage' }).waitFor()
      await go(page, 'Servers')
      await typeServer(page, await typedServer(await servers.added('s3', 's3')))
      await checkAndAdd(page, 's3')
      await chooseRun(page, 's3', restoredStamp)
      const directorUrl = 'https://director.example.com'
      await addDeployment(page, { name: 'dr', sshd: sshd(), folder: standIn.folder, directorUrl })

      const wrong = page.getByRole('list', { name: 'What is wrong in the two files' }).getByRole('listitem')
      for (const key of ['install_msp', 'install_tenant']) {
        const line = wrong.filter({ hasText: key })
        await line.getByRole('button', { name: 'Mend it' }).click()
        await line.waitFor({ state: 'detached' })
      }
      const names = page.getByRole('region', { name: 'Changes of restore.yml' })
      await names.getByText(`mongo_${restoredStamp}.dump.gz`).waitFor()
      await page
        .getByRole('region', { name: 'Changes of master.yml' })
        .getByText('install_msp: acme')
        .waitFor()
      expect(await verdictOf(page)).toMatch(/GO/)
      expect(await trustHost(page)).toMatch(/^GO/)
      expect([await standIn.calls(), await standIn.changes()]).toEqual([[], []])

      const run = await eraseAndRestore(page, host)
      expect(await runEnds(page, run)).toBe('Restored')
      await expectRestored(standIn)
      expect(await readFile(join(standIn.folder, 'master.yml'), 'utf8')).not.toContain('acme')
      expect((await standIn.changes()).toSorted()).toEqual([
        expect.stringMatching(/^master\.yml\.\d{8}T\d{6}Z$/),
        expect.stringMatching(/^restore\.yml\.\d{8}T\d{6}Z$/),
        'restored',
      ])
      await recaps(page, 2)
      const said = await terminalText(page)
      expect(said).toContain(`${host} `)

      await page.getByRole('link', { name: 'Open the director pages' }).waitFor()
      await noteAfterwards(page, 'Director pages')
      await noteAfterwards(page, 'Analytics pages', 'two sites are grey until Monday')
      const report = await expectProof(desk, run)
      expect(report.outage).not.toBeNull()
      expect(report.measured.recoveryTime?.ms).toBeGreaterThan(report.director!.sinceStart)
      await page.getByText('Recovery time, from outage to end').waitFor()
      await page.getByText('From start to end of the restore').waitFor()
      const who = page.getByRole('complementary', { name: /who, when, what/ })
      await who.getByText('All there: two sites are grey until Monday').waitFor()
      await page.getByText('install_msp: acme').waitFor()
      await expectNoLeak(desk, await secretsOf('s3'), [said])
    },
    long,
  )

  for (const kind of ['azure', 'sftp', 'ftp'] as const)
    journey(
      `ends in a proof, from ${kind}`,
      async desk => {
        const standIn = await deployment()
        await addServer(desk, kind)
        const run = await begin(desk, kind, standIn)
        expect(await runEnds(desk.page, run)).toBe('Restored')
        await expectRestored(standIn)
        const said = await terminalText(desk.page)
        await expectProof(desk, run)
        await expectNoLeak(desk, await secretsOf(kind), [said])
      },
      long,
    )

  journey(
    'outlives its ssh connection, says so meanwhile, and ends in the right report',
    async desk => {
      const { page } = desk
      const standIn = await deployment({ behave: ['gate:half'] })
      await addServer(desk, 'ftp')
      const run = await begin(desk, 'ftp', standIn)
      await standIn.gate('half').reached()
      await terminal(page).getByText(/^Live/).waitFor()
      await sshd().down()
      try {
        await page.getByText(/^The connection to .* is lost\.$/).waitFor()
        await terminal(page)
          .getByText(/^Connection lost/)
          .waitFor()
        await standIn.gate('half').open()
      } finally {
        await sshd().restart()
      }
      expect(await runEnds(page, run)).toBe('Restored')
      await expectRestored(standIn)
      await recaps(page, 2)
      await expectProof(desk, run)
    },
    long,
  )

  journey(
    'outlives Drydock, with the files it serves, and is attached to by the next one until its report',
    async desk => {
      const standIn = await deployment({ behave: ['gate:fetch', 'gate:end'] })
      await upload({ kind: 'local', path: await addDisk(desk) })
      const run = await begin(desk, 'disk', standIn)
      await standIn.gate('fetch').reached()
      desk.expected(/WebSocket|Failed to load resource|ERR_CONNECTION/)
      await desk.stopConsole('SIGKILL')
      await desk.page.close()
      await standIn.gate('fetch').open()
      await standIn.gate('end').reached()

      const page = await desk.openConsole()
      await go(page, 'Runs')
      await page
        .getByRole('link', { name: /^Director restore/ })
        .first()
        .click()
      expect(await runEnds(page, run)).toBe('Interrupted')
      await page.getByText('Nobody watches the script now.').waitFor()
      await page.getByRole('button', { name: /^Resume/ }).click()
      await terminal(page).getByText(/^Live/).waitFor()
      await standIn.gate('end').open()
      expect(await runEnds(page, run)).toBe('Restored')
      await expectRestored(standIn)
      await recaps(page, 2)
      await expectProof(desk, run)
      // The sessions of this sshd have the home of whoever runs the tests.
      const left = await readdir(join(homedir(), '.drydock', 'serve')).catch(() => [])
      expect(left).not.toContain(run)
    },
    long,
  )

  journey(
    'asks what nobody expected, and keeps the answer nowhere',
    async desk => {
      const { page } = desk
      const answer = canary('volume')
      const standIn = await deployment({ behave: ['asks-hidden:answers'] })
      await addServer(desk, 'sftp')
      const run = await begin(desk, 'sftp', standIn)
      const form = page.getByRole('form', { name: 'Answer to the script' })
      await form.getByLabel(/^Passphrase of the volume group/).fill(answer)
      expect(await form.getByRole('checkbox', { name: 'Secret answer' }).isChecked()).toBe(true)
      await form.getByRole('button', { name: 'Send' }).click()
      expect(await runEnds(page, run)).toBe('Restored')
      await expectRestored(standIn)
      const [call] = await standIn.calls()
      expect(call?.answers.map(({ id }) => id)).toContain('unexpected-answers')
      const said = await terminalText(page)
      await expectProof(desk, run)
      await expectNoLeak(desk, [answer, ...(await secretsOf('sftp'))], [said])
    },
    long,
  )

  journey(
    'cannot be confirmed while the preflight says NO-GO',
    async desk => {
      const { page } = desk
      const dir = 'director-no-go'
      const { server } = servers.places.ftp
      await upload({ kind: 'ftp', server, dir })
      const standIn = await deployment()
      const { args, secrets } = await servers.added('ftp', 'ftp')
      const elsewhere = args.with(args.indexOf('--path') + 1, dir)
      await desk.cli(['server', 'add', 'ftp', ...elsewhere, '--secrets-stdin'], 0, {
        input: JSON.stringify(secrets),
      })
      await chooseRun(page, 'ftp', restoredStamp)
      const hostKey = await sshd().hostFingerprint()
      await addDeployment(page, { name: 'dr', sshd: sshd(), folder: standIn.folder, hostKey })
      await unlink(join(server.home, dir, `mongo_${restoredStamp}.dump.gz`))

      expect(await verdictOf(page)).toBe('NO-GO')
      expect(await trustHost(page)).toBe('NO-GO')
      const files = page.getByRole('listitem').filter({ hasText: 'Stop: Backup files' })
      await files.getByText(/mongo/).first().waitFor()
      await files.getByRole('button', { name: 'Choose another run' }).waitFor()
      const on = page.getByRole('button', { name: 'Next: confirm' })
      expect(await on.getAttribute('aria-disabled')).toBe('true')
      await page.evaluate(`location.hash = location.hash.replace('/preflight', '/confirm')`)
      await page.waitForURL(/\/preflight/)
      expect(await page.getByRole('button', { name: /^Erase/ }).count()).toBe(0)
      expect([await standIn.calls(), await standIn.changes()]).toEqual([[], []])
    },
    long,
  )
})
