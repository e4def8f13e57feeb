import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Masker } from '../../../electron/engine/masker.ts'
import { TerminalLog, readTerminal } from '../../../electron/engine/system/director/dialog/terminal-log.ts'
import { pieces, random } from './dialog-chunks.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-terminal-'))
})
afterEach(async () => await rm(folder, { recursive: true, force: true }))

/** Apart, so that no file of ours looks as if it held a key. */
const kind = 'RSA PRIVATE'
const secret = 's3cret Kéy/with blanks'
const masker = new Masker()
masker.learn({ secret, other: 'hunter2-hunter2' })
const { mask } = masker
const log = (limit?: number) => TerminalLog.open(folder, { mask, ...(limit === undefined ? {} : { limit }) })
const text = () => readFile(join(folder, 'terminal.log'), 'utf8')

/** What a script may say, with what must not come through; and what must be left of it. */
const said = [
  ['PLAY [servers] ****\r\n', 'PLAY [servers] ****\r\n'],
  ['\x1b[0;32mok: [sérver1] ✓ 🚢\x1b[0m\x1b[K\r\n', '\x1b[0;32mok: [sérver1] ✓ 🚢\x1b[0m\x1b[K\r\n'],
  [`login with ${secret} and hunter2-hunter2\r\n`, 'login with ••• and •••\r\n'],
  [`split ${secret.slice(0, 4)}\x1b[31m${secret.slice(4)}\x1b[0m\r\n`, 'split •••\r\n'],
  ['\x1b]52;c;ZXZpbA==\x07clip \x1b]0;title\x1b\\\x1b]8;;http://x\x07link\x1b]8;;\x07\r\n', 'clip link\r\n'],
  ['\x1b[6n\x1b[c\x1b[?1049h\x1b[2J\x1b[H\x1bP$qm\x1b\\\x1bc\x05quiet\x07\r\n', 'quiet\r\n'],
  ['copied 1%\rcopied 50%\r\n', 'copied 1%\rcopied 50%\r\n'],
  [
    `-----BEGIN ${kind} KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nMIIEow+/\r\nAAA=\r\n-----END ${kind} KEY-----\r\nafter\r\n`,
    '•••\nafter\r\n',
  ],
  [
    'no such key: -----BEGIN PRIVATE KEY-----\r\nTASK [next] ***\r\n',
    'no such key: •••\nTASK [next] ***\r\n',
  ],
  [
    `${'x'.repeat(40_000)} ${secret} ${'ü'.repeat(40_000)}\r\n`,
    `${'x'.repeat(40_000)} ••• ${'ü'.repeat(40_000)}\r\n`,
  ],
  ['Enter the S3 URL: ', 'Enter the S3 URL: '],
] as const
const raw = Buffer.from(said.map(([from]) => from).join(''))
const kept = said.map(([, to]) => to).join('')

/** Writes `bytes` in pieces. @param from offset of the first */
async function writeAll(
  into: TerminalLog,
  bytes: Buffer,
  seed: number,
  most: number,
  from = 0,
): Promise<void> {
  let at = from
  for (const piece of pieces(bytes.subarray(from), seed, most)) {
    await into.write(at, piece)
    at += piece.length
  }
}

describe('TerminalLog', () => {
  it('keeps text and colours, and neither secrets nor what acts on a terminal, however the output is cut', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      await rm(join(folder, 'terminal.log'), { force: true })
      await rm(join(folder, 'terminal.state.json'), { force: true })
      const one = await log()
      await writeAll(one, raw, seed, seed % 3 === 0 ? 7000 : seed % 3 === 1 ? 900 : 60)
      await one.flush()
      expect(await text()).toBe(kept)
      expect(one.rawOffset).toBe(raw.length)
    }
  })

  it('never shows the beginning of a secret while the rest is on its way', async () => {
    const one = await log()
    await one.write(0, Buffer.from('key hunter2-hun'))
    await expect.poll(text).toBe('key ')
    await one.write(one.rawOffset, Buffer.from('ter2 was refused\r\n'))
    expect(await text()).toBe('key ••• was refused\r\n')
    await one.flush()
  })

  it('cuts an endless line where no secret is, and where nothing is shown twice', async () => {
    for (const before of [12_270, 12_280, 12_287, 12_288]) {
      const line = `${'x'.repeat(before)}hunter2-hunter2${'y'.repeat(30_000)}\n`
      const one = await TerminalLog.open(folder, { mask })
      await one.write(0, Buffer.from(line))
      await one.flush()
      expect(await text()).toBe(line.replace('hunter2-hunter2', '•••'))
      await rm(join(folder, 'terminal.log'))
    }
    const words = 'some words '.repeat(1400)
    const one = await log()
    await one.write(0, Buffer.from(words))
    await expect.poll(text).toBe(words)
    await one.write(words.length, Buffer.from(`${words}\n`))
    await one.flush()
    expect(await text()).toBe(`${words}${words}\n`)
  })

  it('shows a question that ends without a line feed once nothing more comes', async () => {
    const one = await log()
    await one.write(0, Buffer.from('first\r\n\x1b[1mEnter the S3 URL:\x1b[0m'))
    await expect.poll(text).toBe('first\r\n\x1b[1mEnter the S3 URL:\x1b[0m')
    await one.write(one.rawOffset, Buffer.from(' https://x\r\n'))
    expect(await text()).toBe('first\r\n\x1b[1mEnter the S3 URL:\x1b[0m https://x\r\n')
    await one.flush()
  })

  it('adds exactly what was missed when it is opened again, wherever it was left', async () => {
    const next = random(7)
    for (let round = 0; round < 25; round++) {
      await rm(join(folder, 'terminal.log'), { force: true })
      await rm(join(folder, 'terminal.state.json'), { force: true })
      let at = 0
      while (at < raw.length) {
        const one = await log()
        expect(one.rawOffset).toBeLessThanOrEqual(at)
        const stop = Math.min(raw.length, at + Math.floor(next() * 60_000))
        // All of it is sent again, or only what it asks for.
        await writeAll(one, raw.subarray(0, stop), round + 1, 5000, round % 2 === 0 ? 0 : one.rawOffset)
        await one.flush()
        at = Math.max(at + 1, stop)
      }
      expect(await text()).toBe(kept)
    }
  })

  it('is written anew when its state is missing, damaged or speaks of another file', async () => {
    const damage = [
      () => rm(join(folder, 'terminal.state.json')),
      () => writeFile(join(folder, 'terminal.state.json'), '{"version":1,"raw":'),
      () => truncate(join(folder, 'terminal.log'), 100),
      () => writeFile(join(folder, 'terminal.log'), 'x'.repeat(200_000)),
      () => rm(join(folder, 'terminal.log')),
    ]
    for (const spoil of damage) {
      const one = await log()
      await writeAll(one, raw, 3, 9000, one.rawOffset)
      await one.flush()
      await spoil()
      const again = await log()
      expect(again.rawOffset).toBe(0)
      await writeAll(again, raw, 4, 9000)
      await again.flush()
      expect(await text()).toBe(kept)
    }
  })

  it('takes off what was written after the noted position, torn in the middle of a character', async () => {
    const one = await log()
    await one.write(0, raw.subarray(0, 2000))
    await one.flush()
    await appendFile(join(folder, 'terminal.log'), Buffer.from('half a line \xc3'))
    const again = await log()
    await writeAll(again, raw, 5, 3000)
    await again.flush()
    expect(await text()).toBe(kept)
  })

  it('loses and doubles nothing when its process is killed with SIGKILL', async () => {
    const bytes = Buffer.from(
      Array.from({ length: 40_000 }, (_, n) => `line ${n} ✓ of the output\r\n`).join(''),
    )
    await writeFile(join(folder, 'raw'), bytes)
    const module = new URL('../../../electron/engine/system/director/dialog/terminal-log.ts', import.meta.url)
      .href
    const program = `
      import { readFile } from 'node:fs/promises'
      const { TerminalLog } = await import(${JSON.stringify(module)})
      const bytes = await readFile(${JSON.stringify(join(folder, 'raw'))})
      const log = await TerminalLog.open(${JSON.stringify(folder)}, { mask: text => text })
      console.log('from ' + log.rawOffset)
      for (let at = log.rawOffset; at < bytes.length; at += 1000) {
        await log.write(at, bytes.subarray(at, at + 1000))
        if (at % 97 === 0) console.log('at ' + at)
      }
      await log.flush()
      console.log('done')
    `
    let killed = 0
    let resumed = 0
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let printed = ''
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
        if (round < 8 && (printed.match(/at /g)?.length ?? 0) > 4) child.kill('SIGKILL')
      })
      await once(child, 'close')
      if (child.signalCode === 'SIGKILL') killed++
      if (/from [1-9]/.test(printed)) resumed++
      if (printed.includes('done')) break
    }
    expect(killed).toBeGreaterThan(0)
    expect(resumed).toBeGreaterThan(0)
    expect((await text()) === bytes.toString()).toBe(true)
  })

  it('says so when it is full, keeps whole lines, and goes on counting', async () => {
    const one = await log(1000)
    const lines = Buffer.from(Array.from({ length: 100 }, (_, n) => `line ${n} of the output\r\n`).join(''))
    await writeAll(one, lines, 2, 50)
    await one.flush()
    const full = await text()
    expect(full).toMatch(/line \d+ of the output\r\n\r\n\[Drydock: this log is full;[^\n]*\n$/)
    expect(Buffer.byteLength(full)).toBeLessThan(1100)
    expect(one.rawOffset).toBe(lines.length)
    const again = await log(1000)
    expect(again.rawOffset).toBe(lines.length)
    await again.write(lines.length, Buffer.from('more\r\n'))
    await again.flush()
    expect(await text()).toBe(full)
  })

  it('refuses output with a gap before it', async () => {
    const one = await log()
    await one.write(0, Buffer.from('abc'))
    await expect(one.write(4, Buffer.from('e'))).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('readTerminal', () => {
  it('gives whole characters only, in pieces that are the whole text together', async () => {
    const one = await log()
    await writeAll(one, raw, 1, 5000)
    await one.flush()
    for (const most of [1, 4, 5, 7, 1000, 1_000_000]) {
      let from = 0
      let all = ''
      for (;;) {
        const part = await readTerminal(folder, from, most)
        expect(part.text).not.toContain('\ufffd')
        expect(part.size).toBe(Buffer.byteLength(kept))
        if (part.text === '') break
        all += part.text
        from = part.next
        if (most < 10 && from > 4000) break
      }
      expect(kept.startsWith(all)).toBe(true)
      if (most >= 1000) expect(all).toBe(kept)
    }
  })

  it('is empty where there is nothing yet', async () => {
    expect(await readTerminal(folder, 0, 1000)).toEqual({ text: '', next: 0, size: 0 })
    await writeFile(join(folder, 'terminal.log'), 'ab')
    expect(await readTerminal(folder, 10, 1000)).toEqual({ text: '', next: 10, size: 2 })
    expect(await readTerminal(folder, 1, 1000)).toEqual({ text: 'b', next: 2, size: 2 })
  })
})
