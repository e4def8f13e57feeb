import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { WebSocket } from 'ws'
import type { DrydockMethod, InputOf, OutputOf } from '../../../shared/contract/index.ts'
import type { ToPage } from '../../../shared/contract/wire.ts'
import type { Delays } from '../loop-process.ts'
import type { Laptop } from './laptop.ts'

const pages = fileURLToPath(new URL('../../../out/renderer/', import.meta.url))

/** A console of the build; `readyMs` from its start to the line that says so. */
export type RunningConsole = {
  url: string
  readyMs: number
  /** Begins and ends a look at the delay of its event loop. */
  delays(during: () => Promise<unknown>): Promise<Delays>
  stop(): Promise<void>
}

export async function startConsole(laptop: Laptop, scratch: string): Promise<RunningConsole> {
  const file = join(scratch, 'delays.json')
  const began = performance.now()
  const { child, events, ended } = laptop.start(
    ['console', '--no-open', '--port', '0'],
    ['--import', probe(file)],
  )
  let ready: (typeof events)[number] | undefined
  while (!(ready = events.find(({ event }) => event === 'ready'))) {
    if (child.exitCode !== null) throw new Error(`the console ended: ${(await ended).errors}`)
    await wait(1)
  }
  const readyMs = performance.now() - began
  return {
    url: String(ready['url']),
    readyMs,
    delays: async during => {
      await rm(file, { force: true })
      child.kill('SIGUSR2')
      await during()
      child.kill('SIGUSR2')
      for (;;) {
        const text = await readFile(file, 'utf8').catch(() => '')
        if (text.endsWith('}')) return JSON.parse(text) as Delays
        await wait(20)
      }
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Counts from one SIGUSR2 to the next, then writes what it saw. */
const probe = (file: string): string =>
  `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs'
  import { monitorEventLoopDelay } from 'node:perf_hooks'
  import { isMainThread } from 'node:worker_threads'
  let seen = null
  if (isMainThread) process.on('SIGUSR2', () => {
    if (!seen) return void (seen = monitorEventLoopDelay({ resolution: 1 })).enable()
    seen.disable()
    const ms = nanoseconds => Math.round(nanoseconds / 1e4) / 100
    const at = percent => ms(seen.percentile(percent))
    const delays = { p50: at(50), p99: at(99), p999: at(99.9), max: ms(seen.max), samples: seen.count }
    writeFileSync(${JSON.stringify(file)}, JSON.stringify(delays))
    seen = null
  })
`)}`

/** Opens the console's address in a profile of its own. `readyMs`: until the page shows what the engine answered. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; readyMs: number }> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } })
  const page = await context.newPage()
  const began = performance.now()
  await page.goto(url)
  await page.getByRole('contentinfo', { name: 'Status' }).getByText('Nothing running').waitFor()
  return { page, readyMs: performance.now() - began }
}

/** One call of the contract, in the session of a page. */
export async function callAs<K extends DrydockMethod>(
  page: Page,
  name: K,
  input?: InputOf<K>,
): Promise<OutputOf<K>> {
  const { origin } = new URL(page.url())
  const cookie = (await page.context().cookies()).map(({ name: key, value }) => `${key}=${value}`).join('; ')
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, { headers: { origin, cookie } })
  try {
    await once(socket, 'open')
    const answer = new Promise<ToPage>(resolve => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString('utf8')) as ToPage
        if ('id' in frame) resolve(frame)
      })
    })
    socket.send(JSON.stringify({ call: name, id: 'bench', input }))
    const frame = await answer
    if (!('ok' in frame) || !frame.ok) throw new Error(`${name}: ${JSON.stringify(frame)}`)
    return frame.value as OutputOf<K>
  } finally {
    socket.terminate()
  }
}

/** Lengths, in ms, of what the page's main thread did in one go during `ms`. */
export async function tasksOf(page: Page, ms: number): Promise<number[]> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  const done = new Promise(resolve => session.once('Tracing.tracingComplete', resolve))
  const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel', '__metadata']
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories },
  })
  await wait(ms)
  await session.send('Tracing.end')
  await done
  await session.detach()
  return mainThreadTasks(events)
}

type TraceEvent = {
  name: string
  ph: string
  pid: number
  tid: number
  dur?: number
  args: { name?: string; data?: { url?: string } }
}

/** The trace is of the whole browser: only threads called `CrRendererMain` are pages. */
function mainThreadTasks(events: readonly TraceEvent[]): number[] {
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  )
  return events
    .filter(({ name, ph, pid, tid }) => ph === 'X' && /RunTask$/.test(name) && mains.has(`${pid}/${tid}`))
    .map(({ dur = 0 }) => dur / 1000)
}

/** What a browser loads to show the pages, gzipped, in kB; fonts by themselves, which are packed already. */
export function bundleSizes(): { code: number; fonts: number } {
  const sizes = { code: 0, fonts: 0 }
  for (const name of readdirSync(pages, { recursive: true, encoding: 'utf8' })) {
    if (/\.(js|css|html|svg)$/.test(name))
      sizes.code += gzipSync(readFileSync(join(pages, name))).length / 1000
    else if (/\.woff2?$/.test(name)) sizes.fonts += readFileSync(join(pages, name)).length / 1000
  }
  return sizes
}
