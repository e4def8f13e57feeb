import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Manifest } from '../../electron/engine/archive/manifest.ts'
import { purgePoint, removePoint } from '../../electron/engine/points/index.ts'
import { exitCodeOf } from '../../shared/failure.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, objectsIn, onlyManifest, openTestEngine } from '../support/engine.ts'
import { noise } from '../support/tree.ts'
import { countReads } from '../restore/count-reads.ts'

let test: TestEngine
let from: string
let to: string
let manifest: Manifest
let point: string

beforeEach(async () => {
  test = await openTestEngine()
  from = await test.addServer('from')
  to = await test.addServer('to')
  const source = join(test.root, 'source')
  mkdirSync(source)
  for (let i = 0; i < 5; i++) writeFileSync(join(source, `file ${i}`), noise(8 * MiB, `${i}`))
  const record = await backUp(test, filesBackup([source], ['from']))
  expect(record.failure).toBeNull()
  manifest = await onlyManifest(from)
  point = `docs@${manifest.stamp}`
})

const copy = async () =>
  await (
    await test.engine.startCopy({ point, from: 'from', to: 'to', limit: null })
  ).done

async function expectCopied(): Promise<void> {
  expect(await objectsIn(to)).toEqual(await objectsIn(from))
  for (const { name, entries } of manifest.files)
    for (const object of [name, entries.name])
      expect(readFileSync(join(to, object)).equals(readFileSync(join(from, object)))).toBe(true)
  const { points } = await test.engine.points.list({})
  expect(points).toMatchObject([{ point, servers: ['from', 'to'], state: 'complete' }])
  const run = await test.engine.startVerify({ point, server: 'to', deep: true, limit: null })
  expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
}

describe('copying a point', () => {
  it('brings it whole to another server, and refuses one that holds it', async () => {
    const record = await copy()
    expect(record).toMatchObject({
      state: 'succeeded',
      problems: 0,
      outcome: { point, from: 'from', to: 'to', bytes: manifest.files[0]!.size, files: 5 },
    })
    await expectCopied()
    const again = await copy()
    expect(again.failure).toMatchObject({ code: 'run.conflict', subject: point })
    expect(exitCodeOf('run.conflict')).toBe(5)
    await expectCopied()
  })

  it('goes on after kill -9 with what the other server has not confirmed', async () => {
    const script = join(import.meta.dirname, '../restore/fixtures/restore-child.ts')
    const options = JSON.stringify({ point, from: 'from', to: 'to', limit: null })
    const child = spawn(process.execPath, [script, 'copy', test.home, options, String(28 * MiB)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let id = ''
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('run ')) id = line.slice(4)
      if (line === 'held') break
    }
    const partial = () => readdirSync(to).find(name => name.includes('partial'))
    const sent = () => (partial() ? statSync(join(to, partial()!)).size : 0)
    while (sent() < 16 * MiB) await new Promise(resolve => setTimeout(resolve, 5))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await test.engine.points.list({})).points).toMatchObject([{ servers: ['from'] }])
    const held = sent()
    const counted = countReads(test.engine)
    const record = await (await test.engine.resume(id)).done
    expect(record).toMatchObject({ state: 'succeeded', problems: 0 })
    const { size, parts } = manifest.files[0]!
    expect(counted.bytesOf('.tar.zst')).toBeLessThanOrEqual(
      size - held + Math.max(...parts.map(part => part.size)),
    )
    await expectCopied()
  })

  it('leaves nothing complete when a part of the source is damaged, and names it', async () => {
    const { name, parts } = manifest.files[0]!
    const fd = openSync(join(from, name), 'r+')
    writeSync(fd, 'damage', parts[0]!.size + parts[1]!.size + 100)
    closeSync(fd)
    const record = await copy()
    expect(record.failure).toMatchObject({ code: 'data.damaged', subject: name })
    expect(exitCodeOf('data.damaged')).toBe(4)
    expect(existsSync(join(to, `docs_${manifest.stamp}.manifest.json`))).toBe(false)
    expect((await test.engine.points.list({ server: 'to' })).points).toEqual([])
  })

  it('that failed leaves nothing on the other server once its remains are purged', async () => {
    const { name, parts } = manifest.files[0]!
    const fd = openSync(join(from, name), 'r+')
    writeSync(fd, 'damage', parts[0]!.size + parts[1]!.size + 100)
    closeSync(fd)
    expect((await copy()).state).toBe('failed')
    const left = await objectsIn(to)
    expect(left.some(object => object.includes('partial'))).toBe(true)
    expect((await test.engine.points.list({ server: 'to', all: true })).points).toMatchObject([
      { point, state: 'incomplete' },
    ])
    await purgePoint(test.engine.places, { point, server: 'to', by: 'me' })
    expect(await objectsIn(to)).toEqual([])
    expect((await test.engine.points.list({ server: 'from' })).points).toHaveLength(1)
  })

  it('under way is not purged on either server', async () => {
    const store = await test.engine.servers.open('from')
    const run = await test.engine.startCopy({ point, from: 'from', to: 'to', limit: 1024 })
    // Its note stands as soon as it has begun to write.
    while (!(await objectsIn(to)).some(object => object.endsWith('.writing.json')))
      await new Promise(resolve => setTimeout(resolve, 5))
    await removePoint(test.engine.places, { point, server: 'from', by: 'me', force: true })
    for (const server of ['from', 'to'])
      await expect(purgePoint(test.engine.places, { point, server, by: 'me' })).rejects.toMatchObject({
        code: 'run.conflict',
        detail: expect.stringContaining(run.id) as string,
      })
    expect(await store.stat(`docs_${manifest.stamp}.manifest.json`)).not.toBeNull()
    run.stop('operator')
    await run.done
  })
})
