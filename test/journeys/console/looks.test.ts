import { expect } from 'vitest'
import { browserAvailable } from '../../support/browser.ts'
import { bringAxe, lookAt } from '../../support/console-looks.ts'
import { journeys, type Desk } from '../../support/console-journey.ts'
import { makeUsed } from '../../support/console-state.ts'

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
async function settle(desk: Desk, hash: string): Promise<void> {
  const { page } = desk
  await page.goto(`${desk.origin}/#/${hash}`)
  await page.reload()
  await page.locator('[data-page-title]').waitFor()
  await page
    .getByText(/^asking/i)
    .first()
    .waitFor({ state: 'detached' })
}

async function lookAtAll(desk: Desk, group: string, hashes: readonly string[]): Promise<void> {
  await bringAxe(desk.context)
  const wrong: string[] = []
  for (const hash of hashes) {
    await settle(desk, hash)
    wrong.push(...(await lookAt(desk.page, group, hash.replace(/[^a-z0-9]+/gi, '-'))))
  }
  expect(wrong).toEqual([])
}

journeys('every page, seen in both themes and sizes', await browserAvailable(), journey => {
  journey('is in order while there is nothing yet', desk => lookAtAll(desk, 'empty', [...plain, ...forms]))

  journey('is in order on a laptop in use', async desk => {
    const { point, encrypted } = await makeUsed(desk)
    const runs = (await desk.cli(['runs', 'list'])).events().filter(({ event }) => event === 'run')
    const restore = runs.find(({ kind }) => kind === 'restore')
    await lookAtAll(desk, 'used', [
      ...plain,
      ...forms,
      ...['servers/disk', 'servers/far-away', 'servers/far-away/edit', 'plans/docs', 'plans/docs/edit'],
      ...[`backups/disk/${point}`, `backups/disk/${encrypted}`],
      ...runs.map(({ id }) => `runs/${String(id)}`),
      `proofs/${String(restore?.['id'])}`,
    ])
  })
})
