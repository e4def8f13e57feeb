import type { Host } from '../host/host.ts'
import { shellWord } from '../host/host.ts'

/** What a host says of its system. */
export type SystemFacts = {
  /** `Debian GNU/Linux 12 (bookworm)`; null when it does not say. */
  system: string | null
  /** `Python 3.11.2`; null: there is none in the login's path. */
  python: string | null
}

/** Whose version is asked for, and under these names only: nothing an operator wrote is ever run. */
const wellKnown = ['mongodump', 'pg_dump', 'tar', 'gzip', 'curl']
const askMs = 6_000

/** Asks a host what it is. @throws EngineError as `Host.run` */
export async function systemFacts(host: Host, signal: AbortSignal): Promise<SystemFacts> {
  const said = await linesFrom(host, askSystem, signal)
  return { system: said.get('system') ?? null, python: said.get('python') ?? null }
}

/** Which of these programs the login finds; a path is looked at where it leads. @throws EngineError as `Host.run` */
export async function programsThere(
  host: Host,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set()
  const tests = names.map((name, nth) => {
    const word = shellWord(name)
    const look = name.includes('/') ? `[ -f ${word} ] && [ -x ${word} ]` : `command -v ${word}`
    return `${look} >/dev/null 2>&1 && echo "there${nth} yes"`
  })
  const said = await linesFrom(host, `export LC_ALL=C\n${tests.join('\n')}\nexit 0\n`, signal)
  return new Set(names.filter((_, nth) => said.has(`there${nth}`)))
}

/** `mongodump 100.9.4` of those that are well known and say it. Never fails: one that hangs has no version. */
export async function versionsOf(
  host: Host,
  names: Iterable<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const asked = new Set(names)
  const versions = new Map<string, string>()
  await Promise.all(
    wellKnown.map(async name => {
      if (!asked.has(name)) return
      const script = `${patient}echo "version $($t ${name} --version 2>/dev/null </dev/null | head -n 1)"\n`
      const said = await linesFrom(host, script, signal).catch(() => null)
      const [version] = /\d+(?:\.\d+)+\S{0,20}/.exec(said?.get('version') ?? '') ?? []
      if (version !== undefined) versions.set(name, `${name} ${version}`)
    }),
  )
  return versions
}

/** One that hangs is ended there as well: closing the connection would leave it behind. */
const patient = `export LC_ALL=C
command -v timeout >/dev/null 2>&1 && t='timeout 4' || t=
`

const askSystem = `${patient}
s=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | head -n 1)
echo "system \${s:-$(uname -sr)}"
command -v python3 >/dev/null 2>&1 && echo "python $($t python3 --version 2>&1 </dev/null | head -n 1)"
exit 0
`

/** Lines of a word and what it tells, as somebody else's machine says them: short, and without what turns text. */
async function linesFrom(host: Host, script: string, signal: AbortSignal): Promise<Map<string, string>> {
  const { stdout } = await host.run(script, { signal, maxOutput: 64 * 1024, timeoutMs: askMs })
  const said = new Map<string, string>()
  for (const line of stdout.toString('utf8').split('\n')) {
    const [, key, value = ''] = /^([a-z]+\d*) (.*)$/s.exec(line) ?? []
    const clean = value
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
      .trim()
      .replace(/^(["'])(.*)\1$/s, '$2')
      .slice(0, 120)
    if (key !== undefined && clean !== '') said.set(key, clean)
  }
  return said
}
