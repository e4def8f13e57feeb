import { appendFile, mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import { LineIndex } from '../../electron/engine/service/line-index.ts'
import { RunFiles } from '../../electron/engine/service/run-files.ts'
import { RunShelf } from '../../electron/engine/service/run-shelf.ts'
import { RunRegistry } from '../../electron/engine/run/index.ts'
import { Drydock } from '../cli/support/drydock.ts'
import { ConsoleClient } from '../support/console-client.ts'
import { openConsole } from '../support/open-console.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openTestService } from './support.ts'

const isUnderWay = ({ state }: RunSnapshot) => state === 'running'

/** A folder large enough for a slow run, and a server to put it on. */
async function withServer(drydock: Drydock): Promise<string[]> {
  await mkdir(drydock.path('data'))
  await writeFile(drydock.path('data', 'file'), Buffer.alloc(20_000_000, 'some text '))
  await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', drydock.path('disk')])
  return ['backup', drydock.path('data'), '--name', 'docs', '--to', 'disk', '--compress', 'none']
}

describe('runs in the console', () => {
  it('shows a run of another process, and pauses, limits and cancels it', async () => {
    const drydock = await Drydock.fresh()
    const backup = await withServer(drydock)
    const { url } = await openConsole(drydock)
    const client = await ConsoleClient.open(url)
    const other = drydock.start([...backup, '--limit', '1MB', '--json'])
    const run = await client.sees<RunSnapshot>('run.changed', isUnderWay)
    expect(run).toMatchObject({ kind: 'backup', here: false, limit: 1_000_000, plan: null })
    const { id: runId } = run
    await client.call('run.pause', { runId })
    await client.sees<RunSnapshot>('run.changed', one => one.state === 'paused')
    await client.call('run.limit', { runId, bytesPerSecond: 2_000_000 })
    await client.sees<RunSnapshot>('run.changed', one => one.limit === 2_000_000)
    await client.call('run.continue', { runId })
    await client.call('run.cancel', { runId })
    expect((await other.ended).exit).toBe(130)
    const last = await client.sees<RunSnapshot>('run.changed', one => one.ended !== null)
    expect(last).toMatchObject({ id: runId, state: 'cancelled' })
    const { runs, total } = await client.call('run.list', {})
    expect([total, runs.map(one => [one.id, one.state])]).toEqual([1, [[runId, 'cancelled']]])
    expect(await client.ask('run.cancel', { runId })).toMatchObject({ failure: { code: 'run.conflict' } })
  })

  it('shows a run as interrupted when the console that ran it ends, and goes on with it in another', async () => {
    const drydock = await Drydock.fresh()
    const backup = await withServer(drydock)
    const first = await openConsole(drydock)
    const second = await openConsole(drydock)
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port)
    const one = await ConsoleClient.open(first.url)
    const two = await ConsoleClient.open(second.url)
    const started = drydock.start([...backup, '--limit', '1MB', '--json'])
    const { id: runId } = await one.sees<RunSnapshot>('run.changed', isUnderWay)
    await one.call('run.cancel', { runId })
    await started.ended
    await one.call('run.resume', { runId })
    await two.sees<RunSnapshot>('run.changed', run => isUnderWay(run) && run.seq > 1000)
    expect(await one.call('run.get', { runId })).toMatchObject({ here: true })
    expect(await two.call('run.get', { runId })).toMatchObject({ here: false })
    first.process.child.kill('SIGINT')
    const ended = await first.process.ended
    expect(ended).toMatchObject({ exit: 0, stderr: expect.stringContaining(`runs resume ${runId}`) })
    await two.sees<RunSnapshot>('run.changed', run => run.state === 'interrupted')
    await two.call('run.resume', { runId })
    await two.call('run.limit', { runId, bytesPerSecond: null })
    const last = await two.sees<RunSnapshot>('run.changed', run => run.state === 'succeeded')
    expect(last.progress.bytes).toBeGreaterThan(20_000_000)
    expect((await two.call('run.log', { runId })).text).toMatch(/restore point docs@/)
  })

  it('tells every run at most some times a second, and always its end', async () => {
    const drydock = await Drydock.fresh()
    const backup = await withServer(drydock)
    const test = await openTestService({ root: drydock.folder })
    await drydock.json([...backup, '--limit', '10MB'])
    await test.sees<RunSnapshot>('run.changed', one => one.state === 'succeeded')
    const seen = test.events
      .filter(({ name }) => name === 'run.changed')
      .map(one => one.payload as RunSnapshot)
    const [first, last] = [seen.at(0), seen.at(-1)]
    const seconds = (Date.parse(last?.ended ?? '') - Date.parse(first?.started ?? '')) / 1000
    // Changes of state are told besides: running, and the end.
    expect(seen.length).toBeLessThan(seconds * 4 + 4)
    expect(seen.map(({ seq }) => seq)).toEqual([...seen.map(({ seq }) => seq)].sort((a, b) => a - b))
    await test.sees('point.changed')
  })

  it('answers run.unknown for ids of no run, whatever they look like', async () => {
    const test = await openTestService()
    for (const runId of ['20260101T000000Z-aaaa', 'x', 'a-b'])
      for (const call of ['run.get', 'run.log', 'run.problems', 'run.ledger', 'run.cancel', 'run.resume'])
        expect(await test.fails(call, { runId }), `${call} ${runId}`).toMatchObject({ code: 'run.unknown' })
  })
})

describe('RunShelf', () => {
  it('lists pages newest first, names what cannot be read, and sees what was added', async () => {
    const home = await tempFolder()
    const add = async (n: number, text?: string) => {
      const id = `202601${String(n).padStart(2, '0')}T000000Z-aaaa`
      await mkdir(join(home, 'runs', id), { recursive: true })
      await writeFile(join(home, 'runs', id, 'run.json'), text ?? JSON.stringify(record(id, 'x'.repeat(n))))
      return id
    }
    const ids = []
    for (let n = 1; n <= 20; n++) ids.push(await add(n, n === 5 ? 'broken' : undefined))
    const shelf = new RunShelf(new RunRegistry(home))
    const none = () => undefined
    expect((await shelf.page(0, 3, none)).runs.map(run => run.id)).toEqual(ids.slice(-3).reverse())
    expect(await shelf.page(15, 100, none)).toMatchObject({
      total: 20,
      runs: [{}, {}, {}, {}],
      unreadable: [{ id: ids[4] }],
    })
    expect(await shelf.page(20, 10, none)).toMatchObject({ total: 20, runs: [] })
    const fresh = await add(25)
    expect((await shelf.page(0, 1, none)).runs[0]?.id).toBe(fresh)
  })

  it('leaves out what only the page of one run shows when a record is large, and ends a page early', async () => {
    const home = await tempFolder()
    for (let n = 100; n < 700; n++) {
      const id = `20260101T000${n}Z-aaaa`
      await mkdir(join(home, 'runs', id), { recursive: true })
      await writeFile(join(home, 'runs', id, 'run.json'), JSON.stringify(record(id, 'x'.repeat(20_000))))
    }
    const { runs, total } = await new RunShelf(new RunRegistry(home)).page(0, 10_000, () => undefined)
    expect(total).toBe(600)
    expect(runs.length).toBeLessThan(600)
    expect(runs[0]).toMatchObject({ options: null, about: 'about' })
    expect(JSON.stringify(runs).length).toBeLessThan(8 * 1024 * 1024)
  })
})

describe('LineIndex', () => {
  const sortOf = (line: Buffer) => (line.includes('odd') ? 1 : 0)

  it('gives pages of all lines and of some sorts, over many strides', async () => {
    const file = join(await tempFolder(), 'lines')
    const lines = Array.from(
      { length: 5000 },
      (_, n) => `${n} ${n % 2 ? 'odd' : 'even'} ${'ü'.repeat(n % 90)}`,
    )
    await writeFile(file, `${lines.join('\n')}\n`)
    const index = new LineIndex(file, sortOf)
    expect(await index.page(0, 3, [])).toEqual({ lines: lines.slice(0, 3), total: 5000 })
    expect(await index.page(4998, 10, [])).toEqual({ lines: lines.slice(4998), total: 5000 })
    const odd = lines.filter((_, n) => n % 2)
    expect(await index.page(60, 200, [1])).toEqual({ lines: odd.slice(60, 260), total: 2500 })
    expect(await index.page(9000, 10, [1])).toEqual({ lines: [], total: 2500 })
    expect(await index.page(0, 10, [7])).toEqual({ lines: [], total: 0 })
  })

  it('grows with the file, waits for whole lines, and begins anew when the file was cut', async () => {
    const file = join(await tempFolder(), 'lines')
    const index = new LineIndex(file, sortOf)
    expect(await index.page(0, 10, [])).toEqual({ lines: [], total: 0 })
    await writeFile(file, 'a\nb\nhalf')
    expect(await index.page(0, 10, [])).toEqual({ lines: ['a', 'b'], total: 2 })
    await appendFile(file, ' odd\nc\n')
    expect(await index.page(0, 10, [])).toEqual({ lines: ['a', 'b', 'half odd', 'c'], total: 4 })
    expect(await index.page(0, 10, [1])).toEqual({ lines: ['half odd'], total: 1 })
    await truncate(file, 2)
    await appendFile(file, 'other and longer than before\nd\n')
    expect(await index.page(0, 10, [])).toEqual({
      lines: ['a', 'other and longer than before', 'd'],
      total: 3,
    })
  })
})

describe('RunFiles', () => {
  const id = '20260101T000000Z-aaaa'

  it('gives a log in whole lines from where the last page ended', async () => {
    const home = await tempFolder()
    await mkdir(join(home, 'runs', id), { recursive: true })
    const file = join(home, 'runs', id, 'log.txt')
    const files = new RunFiles(new RunRegistry(home))
    expect(await files.log(id, 0)).toEqual({ text: '', next: 0, size: 0 })
    const line = `${'ü'.repeat(100)}\n`
    await writeFile(file, `${line.repeat(2000)}half`)
    let [text, from] = ['', 0]
    for (;;) {
      const page = await files.log(id, from)
      expect(Buffer.byteLength(page.text)).toBeLessThanOrEqual(256 * 1024)
      if (page.text === '') break
      text += page.text
      from = page.next
    }
    expect(text).toBe(line.repeat(2000))
    await appendFile(file, ' whole\n')
    expect((await files.log(id, from)).text).toBe('half whole\n')
    expect(await files.log(id, 10 ** 9)).toMatchObject({ text: '' })
  })

  it('filters a ledger by action, whatever the paths are called', async () => {
    const home = await tempFolder()
    await mkdir(join(home, 'runs', id), { recursive: true })
    const rows = [
      { path: 'a', action: 'create', kind: 'file', size: 1 },
      { path: '"action":"failed"', action: 'same', kind: 'file', size: 2 },
      {
        pathBase64: Buffer.from([0x61, 0xff]).toString('base64'),
        action: 'failed',
        kind: 'file',
        size: 3,
        detail: 'why',
      },
    ]
    const text = rows.map(row => JSON.stringify(row)).join('\n')
    await writeFile(join(home, 'runs', id, 'ledger.jsonl'), `${text}\nnot json\n`)
    const files = new RunFiles(new RunRegistry(home))
    expect(await files.ledger(id, 0, 10, [])).toMatchObject({
      total: 4,
      lines: [rows[0], rows[1], { path: 'a\ufffd' }],
    })
    expect(await files.ledger(id, 0, 10, ['failed'])).toEqual({
      total: 1,
      lines: [{ path: 'a\ufffd', action: 'failed', kind: 'file', size: 3, detail: 'why' }],
    })
    expect(await files.ledger(id, 0, 10, ['create', 'same'])).toMatchObject({ total: 2 })
  })
})

const record = (id: string, padding: string) => ({
  ...{ id, kind: 'backup', state: 'succeeded', about: 'about', problems: 0, firstProblems: [] },
  ...{ started: '2026-01-01T00:00:00.000Z', ended: '2026-01-01T00:00:01.000Z' },
  progress: { phase: 'done', bytes: 1, total: 1, files: 1 },
  ...{ failure: null, options: { padding }, outcome: null, seq: 1, control: null },
})
