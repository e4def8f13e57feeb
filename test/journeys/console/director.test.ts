import { createHash } from 'node:crypto'
import { readdir, readFile, unlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { browserAvailable, needs } from '../../support/browser.ts'
import { canary } from '../../support/canary.ts'
import { journeys } from '../../support/console-journey.ts'
import { checkAndAdd, go, typedServer, typeServer } from '../../support/console-servers.ts'
import { addDisk } from '../../support/console-state.ts'
import { runEnds } from '../../support/console-steps.ts'
import { directorServersAvailable } from '../../support/director/director-servers.ts'
import { restoredStamp } from '../../support/director/restore-setup.ts'
import {
  directorHost as host,
  DirectorRestores,
  killDrydock,
  resumeAfterKill,
  scriptEnds,
} from '../../support/director-restores.ts'
import {
  addDeployment,
  chooseRun,
  eraseAndRestore,
  noteAfterwards,
  openProof,
  recaps,
  terminal,
  terminalText,
  trustHost,
  verdictOf,
} from '../../support/director-steps.ts'

const long = { timeout: 180_000 }

journeys('a Director restore', await needs(browserAvailable, directorServersAvailable), journey => {
  let all: DirectorRestores
  beforeAll(async () => {
    all = await DirectorRestores.start()
  })
  afterAll(() => all?.stop())

  journey(
    'goes from an empty Drydock to a proof, from S3 and over ssh',
    async desk => {
      const { page } = desk
      const { sshd, servers } = all
      const standIn = await all.deployment({ install: 'acme' })
      const { folder } = standIn
      await go(page, 'Overview')
      await page.getByRole('button', { name: 'Declare outage' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Declare outage' }).click()
      await page.getByRole('button', { name: 'End outage' }).waitFor()
      await go(page, 'Servers')
      await typeServer(page, await typedServer(await servers.added('s3', 's3')))
      await checkAndAdd(page, 's3')
      await chooseRun(page, 's3', restoredStamp)
      await addDeployment(page, { name: 'dr', sshd, folder, directorUrl: 'https://director.example.com' })

      const wrong = page.getByRole('list', { name: 'What is wrong in the two files' }).getByRole('listitem')
      for (const key of ['install_msp', 'install_tenant']) {
        const line = wrong.filter({ hasText: key })
        await line.getByRole('button', { name: 'Mend it' }).click()
        await line.waitFor({ state: 'detached' })
      }
      const changes = (file: string) => page.getByRole('region', { name: `Changes of ${file}` })
      await changes('restore.yml').getByText(`mongo_${restoredStamp}.dump.gz`).waitFor()
      await changes('master.yml').getByText('install_msp: acme').waitFor()
      expect(await verdictOf(page)).toBe('NO-GO')
      expect(await trustHost(page)).toMatch(/^GO/)
      expect([await standIn.calls(), await standIn.changes()]).toEqual([[], []])

      const run = await eraseAndRestore(page, host)
      expect(await runEnds(page, run)).toBe('Restored')
      await all.expectRestored(standIn)
      expect(await readFile(join(folder, 'master.yml'), 'utf8')).not.toContain('acme')
      expect((await standIn.changes()).toSorted()).toEqual([
        expect.stringMatching(/^master\.yml\.\d{8}T\d{6}Z$/),
        expect.stringMatching(/^restore\.yml\.\d{8}T\d{6}Z$/),
        'restored',
      ])
      await recaps(page, 2)
      const said = await terminalText(page)

      await page.getByRole('link', { name: 'Open the director pages' }).waitFor()
      await noteAfterwards(page, 'Director pages')
      await noteAfterwards(page, 'Analytics pages', 'two sites are grey until Monday')
      const report = await all.expectProof(page, run)
      expect(report.outage).not.toBeNull()
      expect(report.measured.recoveryTime?.ms).toBeGreaterThan(report.director!.sinceStart)
      await page.getByText('Recovery time, from outage to end').waitFor()
      await page.getByText('From start to end of the restore').waitFor()
      const who = page.getByRole('complementary', { name: /who, when, what/ })
      await who.getByText('All there: two sites are grey until Monday').waitFor()
      await changes('master.yml').getByText('install_msp: acme').waitFor()
      await all.expectNoLeak(desk, 's3', { texts: [said] })
    },
    long,
  )

  for (const kind of ['azure', 'sftp', 'ftp'] as const)
    journey(
      `ends in a proof, from ${kind}`,
      async desk => {
        const { page } = desk
        const standIn = await all.deployment()
        await all.addServer(desk, kind)
        const run = await all.begin(desk, kind, standIn)
        expect(await runEnds(page, run)).toBe('Restored')
        await all.expectRestored(standIn)
        const said = await terminalText(page)
        await all.expectProof(page, run)
        await all.expectNoLeak(desk, kind, { texts: [said] })
      },
      long,
    )

  journey(
    'outlives its ssh connection, says so meanwhile, and ends in the right report',
    async desk => {
      const { page } = desk
      const standIn = await all.deployment({ behave: ['gate:half'] })
      await all.addServer(desk, 'ftp')
      const run = await all.begin(desk, 'ftp', standIn)
      await standIn.gate('half').reached()
      await terminal(page).getByText(/^Live/).waitFor()
      await all.sshd.down()
      try {
        await page.getByText(/^The connection to .* is lost\.$/).waitFor()
        await terminal(page)
          .getByText(/^Connection lost/)
          .waitFor()
        await standIn.gate('half').open()
        await scriptEnds(standIn)
      } finally {
        await all.sshd.restart()
      }
      expect(await runEnds(page, run)).toBe('Restored')
      await all.expectRestored(standIn)
      await recaps(page, 2)
      await all.expectProof(page, run)
    },
    long,
  )

  journey(
    'outlives Drydock, with the files it serves, and is attached to by the next one until its report',
    async desk => {
      const standIn = await all.deployment({ behave: ['gate:fetch', 'gate:end'] })
      await all.upload({ kind: 'local', path: await addDisk(desk) })
      const run = await all.begin(desk, 'disk', standIn)
      await standIn.gate('fetch').reached()
      await killDrydock(desk)
      await standIn.gate('fetch').open()
      await standIn.gate('end').reached()

      const page = await resumeAfterKill(desk, run)
      await terminal(page).getByText(/^Live/).waitFor()
      await standIn.gate('end').open()
      expect(await runEnds(page, run)).toBe('Restored')
      await all.expectRestored(standIn)
      await recaps(page, 2)
      await all.expectProof(page, run)
      // The sessions of this sshd have the home of whoever runs the tests.
      const left = await readdir(join(homedir(), '.drydock', 'serve')).catch(() => [])
      expect(left).not.toContain(run)
    },
    long,
  )

  journey(
    'that fails while Drydock is gone is told as failed, with its exit status, and is not run again',
    async desk => {
      const standIn = await all.deployment({ behave: ['gate:half', 'exits:unpack:7'] })
      await all.addServer(desk, 'ftp')
      const run = await all.begin(desk, 'ftp', standIn)
      await standIn.gate('half').reached()
      await killDrydock(desk)
      await standIn.gate('half').open()
      await scriptEnds(standIn)

      const page = await resumeAfterKill(desk, run)
      expect(await runEnds(page, run)).toBe('Failed')
      await terminal(page)
        .getByText(/exit status 7/)
        .waitFor()
      await page.getByText('The hosts now.').waitFor()
      expect(await page.getByRole('button', { name: /^Resume/ }).count()).toBe(0)
      const report = await openProof(page, run)
      expect(report).toMatchObject({ result: 'failed', failure: { code: 'local.command' } })
      expect(report.director).toMatchObject({ exit: 7 })
      expect(await standIn.calls()).toHaveLength(1)
    },
    long,
  )

  journey(
    'asks what nobody expected, and keeps the answer nowhere',
    async desk => {
      const { page } = desk
      const answer = canary('volume')
      const standIn = await all.deployment({ behave: ['asks-hidden:answers'] })
      await all.addServer(desk, 'sftp')
      const run = await all.begin(desk, 'sftp', standIn)
      const form = page.getByRole('form', { name: 'Answer to the script' })
      await form.getByLabel(/^Passphrase of the volume group/).fill(answer)
      expect(await form.getByRole('checkbox', { name: 'Secret answer' }).isChecked()).toBe(true)
      await form.getByRole('button', { name: 'Send' }).click()
      expect(await runEnds(page, run)).toBe('Restored')
      await all.expectRestored(standIn)
      const [call] = await standIn.calls()
      const typed = createHash('sha256').update(answer).digest('hex')
      expect(call?.answers).toContainEqual({ id: 'unexpected-answers', sha256: typed })
      const said = await terminalText(page)
      await all.expectProof(page, run)
      await all.expectNoLeak(desk, 'sftp', { texts: [said], more: [answer] })
    },
    long,
  )

  journey(
    'cannot be confirmed while the preflight says NO-GO',
    async desk => {
      const { page } = desk
      const { sshd, servers } = all
      const dir = 'director-no-go'
      const { server } = servers.places.ftp
      await all.upload({ kind: 'ftp', server, dir })
      const standIn = await all.deployment()
      const { args, secrets } = await servers.added('ftp', 'ftp')
      const elsewhere = args.with(args.indexOf('--path') + 1, dir)
      const input = JSON.stringify(secrets)
      await desk.cli(['server', 'add', 'ftp', ...elsewhere, '--secrets-stdin'], 0, { input })
      await chooseRun(page, 'ftp', restoredStamp)
      const hostKey = await sshd.hostFingerprint()
      await addDeployment(page, { name: 'dr', sshd, folder: standIn.folder, hostKey })
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
