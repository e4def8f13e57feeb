import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { proofReport } from '../../../shared/contract/proof.ts'
import { browserAvailable, needs } from '../../support/browser.ts'
import { journeys } from '../../support/console-journey.ts'
import { checkAndAdd, go, typedServer, typeServer } from '../../support/console-servers.ts'
import { makeSource } from '../../support/console-state.ts'
import {
  confirmRestore,
  differences,
  makePlan,
  prepareRestore,
  runEnds,
  runNow,
  verifyNewest,
} from '../../support/console-steps.ts'
import { fiveServersAvailable, startFiveServers, type FiveServers } from '../../support/five-servers.ts'

journeys('the main job in a browser', await needs(browserAvailable, fiveServersAvailable), journey => {
  let five: FiveServers
  beforeAll(async () => {
    five = await startFiveServers()
  })
  afterAll(() => five?.stop())

  for (const kind of ['s3', 'azure', 'sftp', 'ftp', 'local'])
    journey(`goes from nothing to a restored and proven backup on ${kind}`, async desk => {
      const { page } = desk
      const source = await makeSource(desk)
      const server = await typedServer(five.servers.find(({ args }) => args[1] === kind)!)

      await go(page, 'Servers')
      await typeServer(page, server)
      await checkAndAdd(page, server.name)
      await makePlan(page, {
        name: `docs-${kind}`,
        system: 'Documents',
        path: source,
        servers: [server.name],
      })
      await page.getByRole('button', { name: `Start docs-${kind}` }).click()
      await page.getByRole('button', { name: `Stop docs-${kind}` }).waitFor()
      expect(await runEnds(page, await runNow(page))).toBe('Done')
      await verifyNewest(page)

      const into = desk.drydock.path('restored here')
      const { verdict, word } = await prepareRestore(page, { into })
      expect([verdict, word]).toEqual(['GO', 'restored here'])
      const restore = await confirmRestore(page, word)
      expect(await runEnds(page, restore)).toBe('Restored')
      expect(await differences(source, join(into, 'documents'))).toBe('')

      await page.getByRole('link', { name: 'Open the proof' }).first().click()
      await page.waitForURL(`**/#/proofs/${restore}`)
      await page
        .getByRole('region', { name: 'Proven, and how' })
        .or(page.getByText('Proven, and how'))
        .first()
        .waitFor()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save as JSON' }).click(),
      ])
      const report = proofReport.parse(JSON.parse(await readFile(await download.path(), 'utf8')))
      expect(report).toMatchObject({
        runId: restore,
        result: 'restored',
        system: 'Documents',
        plan: `docs-${kind}`,
        server: { name: server.name },
        target: { folder: into },
        problems: [],
      })
      const files = (await readdir(source, { recursive: true, withFileTypes: true })).filter(entry =>
        entry.isFile(),
      )
      expect(report.counts).toMatchObject({ files: files.length, failed: 0, damaged: 0 })
      expect(report.notProven.length).toBeGreaterThan(0)
      await go(page, 'Proofs')
      await page.getByRole('link', { name: /docs/ }).first().waitFor()
    })
})
