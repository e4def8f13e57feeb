// Sets a fresh clone up: dependencies when they are missing or the lock file changed, a build when sources changed.
// Only Node's built-ins, because nothing else is there yet. Speaks on stderr: stdout belongs to the command.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lockDir = join(root, '.setup-lock')
const installStamp = join(root, 'node_modules', '.drydock-installed')
const buildStamp = join(root, 'out', '.build-stamp')
const say = text => process.stderr.write(`drydock: ${text}\n`)

const [major] = process.versions.node.split('.').map(Number)
if (major < 20) {
  say(`Node ${process.versions.node} is too old to set up with; any Node from 20 on will do.`)
  process.exit(1)
}

const sha = text => createHash('sha256').update(text).digest('hex')
const read = file => (existsSync(file) ? readFileSync(file, 'utf8') : '')

/** Everything a build depends on, by content, so that touching a file or switching branches back costs nothing. */
function sourcesHash() {
  const hash = createHash('sha256')
  const visit = folder => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (/\.(ts|tsx|css|html|json|svg|py)$/.test(entry.name))
        hash
          .update(path)
          .update('\0')
          .update(readFileSync(join(root, path)))
    }
  }
  for (const folder of ['electron', 'shared', 'renderer']) if (existsSync(join(root, folder))) visit(folder)
  for (const file of [
    'tsconfig.json',
    'build/tsconfig.build.json',
    'build/vite.config.ts',
    'package-lock.json',
  ])
    hash.update(read(join(root, file)))
  return hash.digest('hex')
}

const installHash = () => sha(read(join(root, 'package-lock.json')) + process.platform + process.arch)
const installed = () => read(installStamp) === installHash()
const built = () => read(buildStamp) === sourcesHash()

/** Runs `work` while no other process does. A lock whose owner is gone is taken over. */
async function exclusively(work) {
  let told = false
  for (;;) {
    try {
      mkdirSync(lockDir)
      break
    } catch (err) {
      if (err.code !== 'EEXIST') throw err
      if (ownerIsGone()) {
        rmSync(lockDir, { recursive: true, force: true })
        continue
      }
      if (!told) say('waiting for another start to finish the set-up')
      told = true
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  }
  writeFileSync(join(lockDir, 'pid'), String(process.pid))
  const release = () => rmSync(lockDir, { recursive: true, force: true })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (release(), process.exit(130)))
  try {
    work()
  } finally {
    release()
  }
}

function ownerIsGone() {
  try {
    const pid = Number(readFileSync(join(lockDir, 'pid'), 'utf8'))
    process.kill(pid, 0)
    return false
  } catch (err) {
    if (err.code === 'EPERM') return false
    if (err.code === 'ESRCH') return true
    // No pid yet: its owner is between making the folder and writing the file, unless that was long ago.
    try {
      return Date.now() - statSync(lockDir).mtimeMs > 10_000
    } catch {
      return false
    }
  }
}

function run(what, command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  say(
    `${what} failed${error ? `: ${error.message}` : ''}. Nothing of yours was touched; the messages above say why.`,
  )
  rmSync(lockDir, { recursive: true, force: true })
  process.exit(1)
}

function node24() {
  const bundled = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  return existsSync(bundled) ? bundled : 'node'
}

if (!installed() || !built())
  await exclusively(() => {
    if (!installed()) {
      say('installing dependencies (once; about a minute)')
      // No dependency needs its install script: native parts come as ready binaries, or are left out.
      run('npm ci', 'npm', [
        'ci',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
        '--include=dev',
        '--include=optional',
      ])
      writeFileSync(installStamp, installHash())
    }
    if (!built()) {
      say('building')
      const hash = sourcesHash()
      run('the build', node24(), [
        join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
        '-p',
        join(root, 'build', 'tsconfig.build.json'),
      ])
      run('the build', node24(), [join(root, 'build', 'copy-host-programs.mjs')])
      run('the build of the pages', node24(), [
        join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
        'build',
        '--config',
        join(root, 'build', 'vite.config.ts'),
        '--logLevel',
        'warn',
      ])
      mkdirSync(join(root, 'out'), { recursive: true })
      writeFileSync(buildStamp, hash)
    }
  })
