import { join } from 'node:path'
import { expect } from 'vitest'
import { MiB } from '../../../shared/units.ts'
import { browserAvailable } from '../../support/browser.ts'
import { bringAxe, lookAt } from '../../support/console-looks.ts'
import { journeys, type Desk } from '../../support/console-journey.ts'
import { go, input } from '../../support/console-servers.ts'
import { addDead, addDisk, makeSource, makeUsed } from '../../support/console-state.ts'

/** Four pictures and two examinations for each page. */
const long = { timeout: 240_000 }

const plain = [
  'overview',
  'restore',
  'backups',
  'backups/+trash',
  'plans',
  'servers',
  'runs',
  'proofs',
  'settings',
]
const forms = ['servers/+new', 'plans/+new', 'overview/+new']

/** Goes there and waits until nothing is asked any more. */
async function settle({ page }: Desk, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/${hash}`)}`)
  await page.locator('[data-page-title]').waitFor()
  await page.mouse.move(0, 0)
  await page
    .getByRole('main')
    .getByText(/^asking/i)
    .first()
    .waitFor({ state: 'detached' })
}

/** Loads the page anew, with axe in it. */
async function begin(desk: Desk): Promise<void> {
  await bringAxe(desk.context)
  await desk.page.reload()
}

/** Looks at addresses; a picture is called like its address unless that holds a time. */
async function lookAtAll(desk: Desk, group: string, hashes: Record<string, string>): Promise<void> {
  const wrong: string[] = []
  for (const [name, hash] of Object.entries(hashes)) {
    await settle(desk, hash)
    wrong.push(...(await lookAt(desk.page, group, name)))
  }
  expect(wrong).toEqual([])
}

const named = (hashes: readonly string[]): Record<string, string> =>
  Object.fromEntries(hashes.map(hash => [hash.replace(/[^a-z0-9]+/gi, '-'), hash]))

journeys('every page, seen in both themes and sizes', await browserAvailable(), journey => {
  journey(
    'is in order while there is nothing yet',
    async desk => {
      await begin(desk)
      await lookAtAll(desk, 'empty', named([...plain, ...forms]))
    },
    long,
  )

  journey(
    'is in order on a laptop in use',
    async desk => {
      const { point, encrypted } = await makeUsed(desk)
      await begin(desk)
      const runs = (await desk.cli(['runs', 'list'])).events().filter(({ event }) => event === 'run')
      const restore = runs.find(({ kind }) => kind === 'restore')
      const one = (kind: string, state = 'succeeded') =>
        `runs/${String(runs.find(run => run['kind'] === kind && run['state'] === state)?.['id'])}`
      await lookAtAll(desk, 'used', {
        ...named([...plain, ...forms, 'servers/disk', 'plans/docs', 'plans/docs/edit', 'overview/Documents']),
        ...named(['backups?find=quay']),
        'backups-point': `backups/disk/${point}`,
        'backups-encrypted': `backups/disk/${encrypted}`,
        'run-backup': one('backup'),
        'run-restore': one('restore'),
        'run-verify': one('verify'),
        'run-failed': one('backup', 'failed'),
        'proof-restore': `proofs/${String(restore?.['id'])}`,
      })
    },
    long,
  )

  journey('is in order while a server does not answer', async desk => {
    await addDead(desk)
    await begin(desk)
    await desk.page.goto(`${desk.origin}/#/servers/far-away`)
    await desk.page.getByRole('button', { name: 'Check connection' }).click()
    await desk.page.getByRole('alert').first().waitFor()
    const wrong = await lookAt(desk.page, 'dead', 'server')
    await go(desk.page, 'Backups')
    wrong.push(...(await lookAt(desk.page, 'dead', 'backups')))
    await go(desk.page, 'Restore')
    wrong.push(...(await lookAt(desk.page, 'dead', 'restore')))
    expect(wrong).toEqual([])
  })

  journey('is judged by something that sees what is wrong', async desk => {
    await begin(desk)
    await settle(desk, 'settings')
    await desk.page.evaluate(`(() => {
      const bad = document.createElement('p')
      bad.textContent = 'hardly to be read'
      bad.style.cssText = 'position: absolute; top: 0; left: 0; width: 3000px; color: #aaa; background: #bbb; z-index: 9'
      document.body.append(bad, document.createElement('button'))
      document.documentElement.style.overflow = document.body.style.overflow = 'visible'
    })()`)
    const wrong = (await lookAt(desk.page, 'judge', 'bad')).join('\n')
    expect(wrong).toMatch(/scrolls sideways/)
    expect(wrong).toMatch(/color-contrast/)
    expect(wrong).toMatch(/button-name/)
  })

  journey(
    'is in order in every step of a restore, and while a run goes on',
    async desk => {
      const { page } = desk
      const source = await makeSource(desk, 'documents', 12 * MiB)
      await addDisk(desk)
      await desk.cli(['backup', join(source, 'contracts'), '--name', 'docs', '--to', 'disk'])
      await begin(desk)
      const wrong: string[] = []
      const look = async (name: string) => wrong.push(...(await lookAt(page, 'restore', name)))
      const next = (name: string) => page.getByRole('button', { name: `Next: ${name}` })

      await go(page, 'Restore')
      for (const [step, name] of [
        ['system', 'source'],
        ['source', 'restore point'],
        ['point', 'target'],
      ] as const) {
        await page.locator('[data-page-primary]:not([aria-disabled])').waitFor()
        await look(step)
        await next(name).click()
      }
      await page.getByRole('radio', { name: /^Into a folder of its own/ }).check()
      await look('target')
      await input(page, 'Folder').fill('/proc/not-here')
      await next('preflight').click()
      await page.getByText('NO-GO', { exact: true }).first().waitFor()
      await look('preflight-no-go')
      await page.getByRole('button', { name: 'Back', exact: true }).click()
      await input(page, 'Folder').fill(desk.drydock.path('back'))
      await next('preflight').click()
      await page.getByText(/^GO/).first().waitFor()
      await look('preflight-go')
      await next('confirm').click()
      await look('confirm')
      await page.getByLabel(/^To go on, type/).fill('back')
      await look('confirm-typed')

      const slow = ['backup', source, '--name', 'slow', '--to', 'disk', '--limit', '1MB', '--json']
      const started = desk.drydock.start(slow, { env: desk.env })
      await go(page, 'Runs')
      await page.getByRole('link', { name: /slow/ }).first().click()
      await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
      await look('run-live')
      await page.getByRole('button', { name: 'Cancel backup' }).click()
      await page.getByRole('alertdialog').waitFor()
      await look('run-cancel')
      await page.getByRole('button', { name: 'Pause instead' }).click()
      await page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
      await look('run-paused')
      await page.locator('[data-page-title]').focus()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      await look('keys')
      await page.keyboard.press('Escape')
      started.child.kill('SIGKILL')
      await started.ended
      await page.getByText('Interrupted', { exact: true }).first().waitFor()
      await look('run-interrupted')

      await page.goto(`${desk.origin}/#/servers/disk`)
      await page.getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Remove server' }).click()
      await page.getByRole('alertdialog').waitFor()
      await look('server-remove')
      expect(wrong).toEqual([])
    },
    long,
  )
})
