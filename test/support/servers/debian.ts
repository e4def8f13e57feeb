import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export type Ensured = { ok: true } | { ok: false; why: string }

/**
 * Installs what is missing of the named Debian packages, when this is Debian and we are root; answers why not
 * otherwise, in words for a test summary. No service is started by an installation: a `policy-rc.d` that answers
 * 101 is in place while it runs. Calls from several processes wait for each other (apt has one lock for all).
 */
export async function ensureDebianPackages(names: readonly string[]): Promise<Ensured> {
  if (names.some(name => !/^[a-z0-9][a-z0-9.+-]+$/.test(name))) throw new Error('not a package name')
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) {
    return { ok: false, why: `not a Debian system, so ${names.join(', ')} cannot be installed` }
  }
  if ((await missing(names)).length === 0) return { ok: true }
  if (process.getuid?.() !== 0) {
    return { ok: false, why: `not root, and not installed: ${(await missing(names)).join(', ')}` }
  }
  const lock = path.join(os.tmpdir(), 'drydock-test-apt.lock')
  // The kernel lets go of a flock when its holder dies, so no stale lock can be left behind.
  const { code, output } = await run('/usr/bin/flock', [
    '-w',
    '900',
    lock,
    '/bin/sh',
    '-c',
    script,
    'sh',
    ...names,
  ])
  const left = await missing(names)
  if (left.length === 0) return { ok: true }
  return {
    ok: false,
    why: `apt-get could not install ${left.join(', ')} (exit ${code}): ${output.trim().slice(-300)}`,
  }
}

/** Runs under the lock; another process may have installed everything meanwhile, then apt does nothing. */
const script = `
policy=/usr/sbin/policy-rc.d
mine=
if [ ! -e "$policy" ] || grep -q drydock-test "$policy" 2>/dev/null; then
  printf '#!/bin/sh\\n# drydock-test: no service starts while packages are installed\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
  mine=yes
fi
trap '[ -n "$mine" ] && rm -f "$policy"' EXIT
trap 'exit 143' TERM INT HUP
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
install() { apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null 2>&1; }
install "$@" || { apt-get update -q -o DPkg::Lock::Timeout=300 2>&1; install "$@"; }
`

async function missing(names: readonly string[]): Promise<string[]> {
  const { output } = await run('/usr/bin/dpkg-query', [
    '-W',
    '-f',
    '${Package} ${db:Status-Status}\\n',
    ...names,
  ])
  const installed = new Set(
    output
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  )
  return names.filter(name => !installed.has(name))
}

function run(command: string, args: string[]): Promise<{ code: number | string; output: string }> {
  return new Promise(resolve => {
    execFile(command, args, { maxBuffer: 64 * 1024 * 1024 }, (err, stdout, stderr) => {
      resolve({ code: err ? (err.code ?? 'killed') : 0, output: `${stdout}${stderr}` })
    })
  })
}
