import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { browserAvailable, launchBrowser } from '../support/browser.ts'
import { noise } from '../support/tree.ts'
import type { Bench, BenchOptions, Finding } from './bench.ts'
import type { Delays } from './loop-process.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import { bundleSizes, callAs, openPage, startConsole, tasksOf } from './support/console.ts'
import { Laptop, pointOf } from './support/laptop.ts'
import { median, spread } from './support/numbers.ts'
import { realTree } from './support/real-tree.ts'

/** How fast the console is there, and how alive it stays while a run goes at full speed. */
export const consoleBench: Bench = {
  name: 'console',
  about:
    'start of the console server, first page, size of the pages, long tasks of the live page, event loop',
  run: options =>
    inBenchFolder(async function* (folder) {
      const available = await browserAvailable()
      if (!available.ok) throw new Error(available.why)
      yield* measure(folder, options)
    }, 2e9),
}

async function* measure(folder: string, { quick, rounds, say }: BenchOptions): AsyncGenerator<Finding> {
  const laptop = new Laptop(folder)
  const { code, fonts } = bundleSizes()
  yield finding('size of the pages, gzipped', `and fonts of ${fonts.toFixed(0)} KB`, [code], 'KB', 400)

  const browser = await launchBrowser()
  try {
    const ready: number[] = []
    const shown: number[] = []
    // The first one fills the caches of disk and compiler.
    for (let round = 0; round <= rounds; round++) {
      const server = await startConsole(laptop, folder)
      try {
        const opened = await openPage(browser, server.url)
        if (round > 0) {
          ready.push(server.readyMs)
          shown.push(opened.readyMs)
        }
        say(`start ${server.readyMs.toFixed(0)} ms, first page ${opened.readyMs.toFixed(0)} ms`)
        await opened.page.context().close()
      } finally {
        await server.stop()
      }
    }
    yield finding('console server: start to ready', '–', ready, 'ms', 1000)
    yield finding(
      'first page: address to the engine’s answers shown',
      'caches of the browser empty',
      shown,
      'ms',
      1000,
    )

    /** How long a live page is watched, ms. */
    const span = quick ? 2000 : 10_000
    const slow = join(folder, 'slow')
    await writeFile(slow, noise(quick ? 60e6 : 300e6))
    const { paths } = await realTree(quick)
    await laptop.run(['server', 'add', 'disk', '--type', 'local', '--path', join(folder, 'disk')])
    const plan = ['--system', 'Bench', '--to', 'disk', '--daily', '02:30']
    await laptop.run(['plan', 'add', 'slow', slow, ...plan, '--limit', limitText])
    await laptop.run(['plan', 'add', 'full', ...paths, ...plan])
    const point = pointOf(await laptop.run(['backup', slow, '--name', 'once', '--to', 'disk']))

    const server = await startConsole(laptop, folder)
    try {
      const { page } = await openPage(browser, server.url)
      for (const [what, start] of [
        ['backup', () => callAs(page, 'plan.run', { name: 'slow' })],
        ['restore', (round: number) => startRestore(page, point, join(folder, `back-${round}`))],
      ] as const) {
        const longest: number[] = []
        for (let round = 0; round < (quick ? 1 : 2); round++) {
          const { runId } = await start(round)
          // Opening the page is part of what is looked at.
          const [tasks] = await Promise.all([tasksOf(page, span), watch(page, runId)])
          const { state } = await callAs(page, 'run.get', { runId })
          if (state !== 'running') throw new Error(`the watched ${what} was ${state} at the end of the trace`)
          longest.push(Math.max(0, ...tasks))
          say(`live page of a ${what}: ${tasks.length} tasks, longest ${longest.at(-1)?.toFixed(1)} ms`)
          await callAs(page, 'run.cancel', { runId })
          await ended(page, runId)
        }
        yield finding(`live page of a ${what}: longest task in ${span / 1000} s`, '–', longest, 'ms', 50)
      }

      const delays: Delays[] = []
      for (let round = 0; round < rounds; round++) {
        delays.push(
          await server.delays(async () => {
            const { runId } = await callAs(page, 'plan.run', { name: 'full' })
            await watch(page, runId)
            await ended(page, runId)
          }),
        )
        say(`engine: ${JSON.stringify(delays.at(-1))}`)
      }
      const of = (key: 'p50' | 'max') => median(delays.map(one => one[key])).toFixed(1)
      yield finding(
        'engine in the console: delay of the event loop during a backup with a page open, 99th percentile',
        `median ${of('p50')} ms, longest ${of('max')} ms`,
        delays.map(({ p99 }) => p99),
        'ms',
        20,
      )
    } finally {
      await server.stop()
    }
  } finally {
    await browser.close()
  }
}

/** Bytes per second: a watched run lasts three times as long as its trace, and is cancelled then. */
const limit = 10_000_000
const limitText = '10MB'

/** Starts a restore of everything as the page does: with the token of its preflight and the word typed. */
async function startRestore(page: Page, point: string, into: string): Promise<{ runId: string }> {
  const request = { point, server: 'disk', into, limit }
  const { verdict, token, confirm, lines } = await callAs(page, 'restore.preflight', { id: 'bench', request })
  if (verdict === 'NO-GO') throw new Error(`the preflight says NO-GO: ${JSON.stringify(lines)}`)
  return await callAs(page, 'restore.start', { request, token, typed: confirm })
}

/** Shows the live page of a run, until bytes have come in. */
async function watch(page: Page, runId: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/runs/${runId}`)
  await page
    .getByRole('region', { name: 'Transfer' })
    .getByText(/^[1-9].*B/)
    .first()
    .waitFor()
}

async function ended(page: Page, runId: string): Promise<void> {
  for (;;) {
    const { state, failure } = await callAs(page, 'run.get', { runId })
    if (state === 'failed') throw new Error(`the run failed: ${JSON.stringify(failure)}`)
    if (state !== 'running' && state !== 'cancelling') return
    await wait(200)
  }
}

const finding = (
  what: string,
  ours: string,
  values: readonly number[],
  unit: 'ms' | 'KB',
  atMost: number,
): Finding => ({ what, ours, peer: '–', measured: spread(values, unit), target: { atMost } })
