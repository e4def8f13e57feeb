import { expect, onTestFinished } from 'vitest'
import { browserAvailable, needs } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { bringAxe, lookAt } from '../../support/console-looks.ts'
import { addDisk } from '../../support/console-state.ts'
import { runEnds } from '../../support/console-steps.ts'
import { uploadDirectorBackup } from '../../support/director/backup-place.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import { restoredStamp } from '../../support/director/restore-setup.ts'
import { makeStandIn, standInAvailable } from '../../support/director/stand-in.ts'
import {
  addDeployment,
  chooseRun,
  eraseAndRestore,
  noteAfterwards,
  openProof,
  terminal,
  trustHost,
  verdictOf,
} from '../../support/director-steps.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const host = 'director-dr'

journeys(
  'the pages of a Director restore, seen in both themes and sizes',
  await needs(browserAvailable, sshdAvailable, standInAvailable),
  journey => {
    journey(
      'are in order in every step, while the script runs, and when it has ended',
      async desk => {
        const { page } = desk
        const sshd = await startSshd()
        onTestFinished(() => sshd.stop())
        const { port, user, privateKeyFile } = sshd
        const standIn = await makeStandIn({
          hosts: [{ ip: '127.0.0.1', port, name: host, user, pem: privateKeyFile }],
          install: 'acme',
          behave: ['asks-visible:answers', 'gate:half'],
        })
        onTestFinished(() => standIn.remove())
        const backup = await makeDirectorBackup(await tempFolder(), restoredStamp, { latest: true })
        const path = await addDisk(desk)
        await uploadDirectorBackup({ kind: 'local', path }, backup, [...backup.files, ...backup.latest])
        await bringAxe(desk.context)
        await page.reload()
        const wrong: string[] = []
        const look = async (name: string) => wrong.push(...(await lookAt(page, 'director', name)))

        await chooseRun(page, 'disk', restoredStamp, look)
        await look('target-empty')
        await addDeployment(page, { name: 'dr', sshd, folder: standIn.folder }, look)
        await page.getByRole('region', { name: 'Changes of restore.yml' }).waitFor()
        await look('target')
        await page.getByRole('button', { name: 'Change values' }).click()
        await page.getByRole('button', { name: 'Show the difference' }).waitFor()
        await look('target-values')
        await page.getByRole('button', { name: 'Show the difference' }).click()
        expect(await verdictOf(page)).toBe('NO-GO')
        await look('preflight-no-go')
        expect(await trustHost(page)).toBe('NO-GO')
        for (const key of ['install_msp', 'install_tenant'])
          await page.getByRole('button', { name: `Empty ${key}` }).click()
        await page.getByText(/^GO( WITH WARNINGS)?$/).waitFor()
        await look('preflight-go')
        const run = await eraseAndRestore(page, host, look)

        const form = page.getByRole('form', { name: 'Answer to the script' })
        await form.waitFor()
        await look('run-asks')
        await form.getByRole('textbox').fill('yes')
        await form.getByRole('button', { name: 'Send' }).click()
        await standIn.gate('half').reached()
        await terminal(page).getByText('TASK [fetch the backup files]').last().waitFor()
        await look('run-live')
        await sshd.down()
        await terminal(page)
          .getByText(/^Connection lost/)
          .waitFor()
        await look('run-lost')
        await page.getByRole('button', { name: 'Cancel restore' }).click()
        await page.getByRole('alertdialog').waitFor()
        await look('run-cancel')
        await page.getByRole('button', { name: 'Keep running' }).click()
        await sshd.restart()
        await standIn.gate('half').open()
        expect(await runEnds(page, run)).toBe('Restored')
        await look('run-ended')
        await noteAfterwards(page, 'Director pages', 'all sites are green')
        await look('run-noted')
        await openProof(page, run)
        await look('proof')
        expect(wrong).toEqual([])
      },
      { timeout: 300_000 },
    )
  },
)
