import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../electron/engine/ports.ts'
import { HostSource } from '../../../electron/engine/system/director/components/host-source.ts'
import { LastLines } from '../../../electron/engine/system/director/components/last-lines.ts'
import { Promised } from '../../../electron/engine/system/director/components/promised.ts'
import type { DirectorComponent } from '../../../shared/director-files.ts'
import { localMachine } from '../../support/director-host.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** What a real tar makes of these files. */
async function tarOf(files: Record<string, string>, ...words: string[]): Promise<Buffer> {
  const folder = await tempFolder()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return execFileSync('tar', ['-C', folder, ...words, '-cf', '-', '.'], { maxBuffer: 2 ** 26 })
}

/** Fed in pieces of `size` bytes. */
function missingIn(component: DirectorComponent, bytes: Buffer, size = bytes.length, all = true) {
  const promised = new Promised(component)
  for (let at = 0; at < bytes.length; at += size) promised.take(bytes.subarray(at, at + size))
  return promised.missing(all)
}

describe('Promised', () => {
  it.each(['gnu', 'ustar', 'posix', 'v7'])(
    'finds the dump of postgres behind other entries of a tar (%s), however it comes in pieces',
    async form => {
      const deep = form === 'v7' ? 'deep' : `${'d'.repeat(80)}/${'e'.repeat(60)}`
      const files = { 'a.txt': 'x'.repeat(700), [`${deep}/postgres_dump.sql`]: '-- a dump\n' }
      const tar = await tarOf(files, `--format=${form}`)
      for (const size of [1, 511, 512, 700, 1 << 20]) expect(missingIn('postgres', tar, size)).toBe(null)
    },
  )

  it('finds it behind a name too long for a header', async () => {
    const long = `${'d'.repeat(150)}/${'e'.repeat(150)}/postgres_dump.sql`
    for (const form of ['gnu', 'posix'])
      expect(missingIn('postgres', await tarOf({ [long]: '-- a dump\n' }, `--format=${form}`))).toBe(null)
  })

  it('takes neither a folder nor another name for it, and no empty one', async () => {
    for (const form of ['gnu', 'ustar', 'posix', 'v7']) {
      const folder = await tarOf({ 'postgres_dump.sql/other': 'x' }, `--format=${form}`)
      expect(missingIn('postgres', folder)).toMatch(/without postgres_dump/)
    }
    expect(missingIn('postgres', await tarOf({ 'my_postgres_dump.sql': 'x' }))).toMatch(/without/)
    expect(missingIn('postgres', await tarOf({ 'postgres_dump.sql': '' }))).toMatch(/empty/)
  })

  it('says nothing of what is missing past where nothing was unpacked', async () => {
    const tar = await tarOf({ other: 'x' })
    expect(missingIn('postgres', tar, 512, false)).toBe(null)
    expect(missingIn('postgres', tar, 512, true)).not.toBe(null)
  })

  it('asks for one file of the others, and of mongo for how an archive of mongodump begins', async () => {
    expect(missingIn('elk', await tarOf({ 'd/one': '' }))).toBe(null)
    expect(missingIn('elk', await tarOf({}))).toMatch(/without a single file/)
    expect(missingIn('mongo', Buffer.from([0x6d, 0xe2, 0x99, 0x81, 0, 1]), 1)).toBe(null)
    expect(missingIn('mongo', Buffer.from([0x6d, 0xe2]))).toMatch(/no archive of mongodump/)
  })
})

describe('LastLines', () => {
  it('keeps three lines in at most 300 characters, and cuts none inside a word', () => {
    const lines = new LastLines(() => {})
    const secret = 's'.repeat(120)
    lines.add(Buffer.from(`gone\n${'first '.repeat(40)}\n${secret}\nlast ${secret} ${'w '.repeat(200)}`))
    lines.end()
    expect(lines.reason.length).toBeLessThanOrEqual(300)
    expect(lines.reason).toMatch(/^first (?:first )+first… \/ … \/ last…$/)
  })
})

describe('HostSource', () => {
  it('tells that a command prints nothing, and that it prints again', async () => {
    const machine = await localMachine()
    onTestFinished(() => machine.stop())
    const go = join(await tempFolder(), 'go')
    const told: (string | null)[] = []
    const first = Promise.withResolvers<void>()
    const source = new HostSource({
      ...{ host: await machine.open(), title: 'Mongo DB', fileName: () => 'x', clock: systemClock },
      command: { command: `until [ -e ${go} ]; do sleep 0.05; done; echo x`, silence: 60, longest: 60 },
      check: () => ({ feed: async () => {}, finish: async () => null, destroy: () => {} }),
      say: () => {},
      quietMs: 20,
      quiet: words => {
        told.push(words)
        first.resolve()
      },
    })
    const read = (async () => {
      for await (const _ of source.blocks({ signal: new AbortController().signal }));
    })()
    await first.promise
    await writeFile(go, '')
    await read
    expect(told[0]).toMatch(/^Mongo DB has printed nothing for \d+ s; it is ended after 60 s$/)
    expect(told.at(-1)).toBe(null)
  })
})
