import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'

const source = fileURLToPath(new URL('../..', import.meta.url))

/** A checkout with these test files, the real command and the real runner, and nothing to install. */
async function checkout(files: Record<string, string>): Promise<string> {
  const root = await tempFolder()
  const all = { 'test/support/install-packages.ts': '', 'package.json': '{"type":"module"}', ...files }
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  await mkdir(join(root, 'build'))
  for (const name of ['test.mjs', 'test-reporter.mjs', 'vitest.config.ts']) {
    await copyFile(join(source, 'build', name), join(root, 'build', name))
  }
  await copyFile(join(source, 'test/support/skip.ts'), join(root, 'test/support/skip.ts'))
  await symlink(join(source, 'node_modules'), join(root, 'node_modules'))
  return root
}

function npmTest(root: string, ...filters: string[]) {
  const child = spawn(process.execPath, [join(root, 'build', 'test.mjs'), ...filters], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await exit
  })
  const output = Promise.all([text(child.stdout), text(child.stderr)]).then(both => both[0])
  return { child, exit, output, lastLine: output.then(all => all.trimEnd().split('\n').at(-1)) }
}

/** Whether a process is there; one that has ended and that nobody has collected yet is not. */
async function runs(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  if (/\) [ZX] /.test(state)) return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const header = `import { describe, expect, it } from 'vitest'\nimport { suiteNeeds } from './support/skip.ts'\n`

describe.skipIf(process.platform === 'win32')('npm test', () => {
  it('ends with the counts and names every skipped suite with its reason', async () => {
    const root = await checkout({
      'test/a.test.ts': `${header}it('passes', () => {}); it('passes too', () => {})`,
      'test/b.test.ts': `${header}suiteNeeds('the moon', { ok: false, why: 'too far' }, () => {
        it('is grey', () => {}); describe('at night', () => { it('shines', () => {}) }) })`,
    })
    const run = npmTest(root, 'test/')
    expect(await run.lastLine).toBe('2 passed, 0 failed, 2 skipped')
    expect(await run.exit).toBe(0)
    expect(await run.output).toContain('the moon (skipped: too far): 2 tests (test/b.test.ts)')
    expect(await run.output).toContain('test/a.test.ts: 2 passed')
  })

  it('runs only the files that were asked for', async () => {
    const root = await checkout({
      'test/a.test.ts': `${header}it('passes', () => {})`,
      'test/b.test.ts': `${header}it('fails', () => { throw new Error('no') })`,
    })
    expect(await npmTest(root, 'test/a').lastLine).toBe('1 passed, 0 failed, 0 skipped')
  })

  it.each([
    [
      'a test that fails',
      `it('fails', () => expect(1).toBe(2)); it('passes', () => {})`,
      '1 passed, 1 failed, 0 skipped',
    ],
    ['a file that does not load', `throw new Error('broken')`, '0 passed, 1 failed, 0 skipped'],
    [
      'a rejection nobody handles',
      `it('passes', () => { void Promise.reject(new Error('lost')) })`,
      '1 passed, 1 failed, 0 skipped',
    ],
    [
      'a worker that dies',
      `it('dies', () => { process.kill(process.pid, 'SIGKILL') })`,
      /^0 passed, [1-9] failed, 0 skipped$/,
    ],
    ['a test that is run alone', `it.only('passes', () => {})`, /[1-9] failed/],
  ])('fails for %s', async (_, body, counts) => {
    const root = await checkout({ 'test/a.test.ts': header + body })
    const run = npmTest(root, 'test/a')
    expect(await run.lastLine).toMatch(counts)
    expect(await run.exit).toBe(1)
  })

  it('fails when no file matches', async () => {
    const root = await checkout({ 'test/a.test.ts': `${header}it('passes', () => {})` })
    const run = npmTest(root, 'test/none')
    expect(await run.lastLine).toBe('0 passed, 1 failed, 0 skipped')
    expect(await run.exit).toBe(1)
  })

  it('ends what it started when it is interrupted', async () => {
    const root = await checkout({
      'test/a.test.ts': `${header}import { writeFileSync } from 'node:fs'
        it('hangs', async () => { writeFileSync('${'{ROOT}'}/pid', String(process.pid)); await new Promise(() => {}) })`,
    })
    const file = join(root, 'test/a.test.ts')
    await writeFile(file, (await readFile(file, 'utf8')).replace('{ROOT}', root))
    const run = npmTest(root, 'test/a')
    let pid = 0
    while (pid === 0) {
      pid = Number(await readFile(join(root, 'pid'), 'utf8').catch(() => '0'))
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    run.child.kill('SIGINT')
    expect(await run.exit).toBe(130)
    while (await runs(pid)) await new Promise(resolve => setTimeout(resolve, 20))
  })
})
