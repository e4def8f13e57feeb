import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConsoleClient, logIn } from '../support/console-client.ts'
import { Drydock } from './support/drydock.ts'

describe('drydock console', () => {
  it('prints one line when it is ready, serves, and ends in good order on a signal', async () => {
    const drydock = await Drydock.fresh()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const started = drydock.start(['console', '--json', '--no-open', '--port', '0'])
      const [line, url = ''] = await started.sees(
        /^\{"event":"ready","url":"(http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43})"\}\n/,
      )
      const client = await ConsoleClient.open(url)
      expect(await client.call('app.about')).toMatchObject({ home: drydock.home, shell: 'console' })
      started.child.kill(signal)
      const ended = await started.ended
      expect(ended.stdout).toBe(`${line}{"event":"result","ok":true,"code":"done","exit":0}\n`)
      expect(ended.exit).toBe(0)
    }
  })

  it('is what npm start opens without a command', async () => {
    const drydock = await Drydock.fresh()
    const env = { npm_lifecycle_event: 'start', DISPLAY: '', WAYLAND_DISPLAY: '' }
    const started = drydock.start([], { env })
    const [, url = ''] = await started.sees(/(http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43})\n/)
    await logIn(url)
    await started.sees(/Ctrl-C ends it; runs under way/, 'err')
    const bare = await drydock.run([])
    expect([bare.exit, bare.stdout]).toEqual([0, expect.stringContaining('What to do next')])
  })

  it('fails for a port that was asked for and is taken, and for an address that others reach', async () => {
    const drydock = await Drydock.fresh()
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const taken = await drydock.json(['console', '--no-open', '--port', String(port)], 1)
    expect(taken.result()).toMatchObject({ code: 'local.io' })
    expect(taken.stderr).toContain('another program listens on this port')
    for (const address of ['0.0.0.0', '192.0.2.7', '::'])
      expect((await drydock.json(['console', '--no-open', '--listen', address], 2)).stderr).toMatch(
        /TLS.*ssh -L/s,
      )
    await drydock.json(['console', '--port', '70000'], 2)
  })

  it('opens the browser with a file that only this user reads, and takes it away when somebody has come in', async () => {
    const drydock = await Drydock.fresh()
    await mkdir(drydock.path('bin'))
    const seen = drydock.path('seen')
    await writeFile(
      drydock.path('bin', 'xdg-open'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}.tmp' && mv '${seen}.tmp' '${seen}'\n`,
    )
    await chmod(drydock.path('bin', 'xdg-open'), 0o755)
    const env = { DISPLAY: ':99', PATH: `${drydock.path('bin')}:${process.env['PATH'] ?? ''}` }
    const started = drydock.start(['console', '--port', '0'], { env })
    const [, printed = ''] = await started.sees(/(http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43})\n/)
    const argument = await waitFor(() => readFile(seen, 'utf8'))
    expect(argument).toMatch(/^file:\/\/\/\S+\.html\n$/)
    const file = fileURLToPath(argument.trim())
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const [, url = ''] = /url=(http:[^"]+)"/.exec(await readFile(file, 'utf8'))!
    expect(url).not.toBe(printed)
    await logIn(url)
    await waitFor(async () => (await stat(file).catch(() => null)) === null || Promise.reject(new Error()))
    await logIn(printed)
    expect(await readdir(drydock.path('home', 'open'))).toEqual([])
  })
})

/** Asks until it is so; the test's own time limit ends it. */
async function waitFor<T>(look: () => Promise<T>): Promise<T> {
  for (;;) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
