import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'

/** Stands in for npm: notes that it was called, waits for the file `go`, and "installs" a compiler and a bundler that only note their calls. */
const fakeNpm = `#!/bin/sh
echo "npm $*" >> "$ROOT/calls"
touch "$ROOT/npm-began"
while [ ! -e "$ROOT/go" ]; do sleep 0.02; done
mkdir -p "$ROOT/node_modules/typescript/bin" "$ROOT/node_modules/vite/bin"
cat > "$ROOT/node_modules/typescript/bin/tsc" <<'END'
require('node:fs').appendFileSync(process.env.ROOT + '/calls', 'tsc\\n')
END
cat > "$ROOT/node_modules/vite/bin/vite.js" <<'END'
require('node:fs').appendFileSync(process.env.ROOT + '/calls', 'vite\\n')
END
`

async function checkout() {
  const root = await tempFolder()
  for (const folder of ['build', 'electron', 'bin']) await mkdir(join(root, folder))
  for (const name of ['bootstrap.mjs', 'copy-host-programs.mjs'])
    await copyFile(new URL(`../../build/${name}`, import.meta.url), join(root, 'build', name))
  await writeFile(join(root, 'package-lock.json'), '{}')
  await writeFile(join(root, 'electron', 'main.ts'), 'export {}')
  await writeFile(join(root, 'bin', 'npm'), fakeNpm, { mode: 0o755 })
  const calls = async () =>
    (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  return { root, calls, go: () => writeFile(join(root, 'go'), '') }
}

function start(root: string) {
  const env = {
    ...process.env,
    ROOT: root,
    PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
  }
  const child: ChildProcessByStdio<null, null, Readable> = spawn(
    process.execPath,
    [join(root, 'build', 'bootstrap.mjs')],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
    },
  )
  const said: string[] = []
  const heard = Promise.withResolvers<void>()
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line)
      heard.resolve()
    }
  })()
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return { child, exit, firstLine: heard.promise, said: () => reading.then(() => said) }
}

async function exists(file: string): Promise<void> {
  while ((await readFile(file).catch(() => null)) === null)
    await new Promise(resolve => setTimeout(resolve, 10))
}

describe.skipIf(process.platform === 'win32')('bootstrap, with a fake npm', () => {
  it('installs and builds once when two starts come at once, and does neither when nothing changed', async () => {
    const { root, calls, go } = await checkout()
    const first = start(root)
    await exists(join(root, 'npm-began'))
    const second = start(root)
    await second.firstLine
    expect(await calls()).toHaveLength(1)
    await go()
    expect(await Promise.all([first.exit, second.exit])).toEqual([0, 0])
    expect(await second.said()).toEqual(['drydock: waiting for another start to finish the set-up'])
    expect(await calls()).toEqual([expect.stringMatching(/^npm ci /), 'tsc', 'vite'])

    const third = start(root)
    expect(await third.exit).toBe(0)
    expect(await third.said()).toEqual([])
    expect(await calls()).toHaveLength(3)
  })

  it('builds again when a source changed, and installs again when the lock file did', async () => {
    const { root, calls, go } = await checkout()
    await go()
    await start(root).exit
    await writeFile(join(root, 'electron', 'main.ts'), 'export const changed = true')
    await start(root).exit
    expect(await calls()).toEqual([expect.stringMatching(/^npm/), 'tsc', 'vite', 'tsc', 'vite'])
    await writeFile(join(root, 'package-lock.json'), '{"changed":true}')
    await start(root).exit
    expect((await calls()).slice(5)).toEqual([expect.stringMatching(/^npm/), 'tsc', 'vite'])
  })

  it('takes over from a start that was killed in the middle', async () => {
    const { root, calls, go } = await checkout()
    const killed = start(root)
    await exists(join(root, 'npm-began'))
    killed.child.kill('SIGKILL')
    await killed.exit
    await go()
    const next = start(root)
    expect(await next.exit).toBe(0)
    expect((await calls()).filter(call => call.startsWith('npm'))).toHaveLength(2)
    expect(await calls()).toContain('vite')
  })
})
