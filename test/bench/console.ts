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
import { Laptop } from './support/laptop.ts'
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

    const slow = join(folder, 'slow')
    await writeFile(slow, noise(quick ? 60e6 : 300e6))
    const { paths } = await realTree(quick)
    await laptop.run(['server', 'add', 'disk', '--type', 'local', '--path', join(folder, 'disk')])
    const plan = ['--system', 'Bench', '--to', 'disk', '--daily', '02:30']
    await laptop.run(['plan', 'add', 'slow', slow, ...plan, '--limit', quick ? '15MB' : '25MB'])
    await laptop.run(['plan', 'add', 'full', ...paths, ...plan])

    const server = await startConsole(laptop, folder)
    try {
      const { page } = await openPage(browser, server.url)
      const longest: number[] = []
      for (let round = 0; round < (quick ? 1 : 2); round++) {
        const runId = await startPlan(page, 'slow')
        await wait(2000)
        const tasks = await tasksOf(page, quick ? 2000 : 10_000)
        longest.push(Math.max(0, ...tasks))
        say(`live page: ${tasks.length} tasks, longest ${longest.at(-1)?.toFixed(1)} ms`)
        await callAs(page, 'run.cancel', { runId })
        await ended(page, runId)
      }
      yield finding('live page of a run: longest task in 10 s', '–', longest, 'ms', 50)

      const delays: Delays[] = []
      for (let round = 0; round < rounds; round++) {
        delays.push(
          await server.delays(async () => {
            await ended(page, await startPlan(page, 'full'))
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

/** Starts it, and shows the live page. @returns the run's id */
async function startPlan(page: Page, name: string): Promise<string> {
  const { runId } = await callAs(page, 'plan.run', { name })
  await page.goto(`${new URL(page.url()).origin}/#/runs/${runId}`)
  return runId
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
