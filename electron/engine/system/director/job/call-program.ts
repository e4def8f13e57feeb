import { z } from 'zod'
import type { FailureCode } from '../../../../../shared/failure.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { shellWord } from '../host/host.ts'
import { hostProgram } from './host-programs.ts'
import type { HostProgram } from './host-programs.ts'

/** Where a program and all that belongs to it lie on the host: `~/.drydock/jobs/<id>`, `~/.drydock/serve/<id>`. */
const homes = { supervisor: 'jobs', serve: 'serve' } as const satisfies Record<HostProgram, string>

/** The files each is made of. */
const parts = { supervisor: ['supervisor'], serve: ['supervisor', 'serve'] } as const satisfies Record<
  HostProgram,
  readonly HostProgram[]
>

/** A program on a host, under the id of the run it was put there for. */
export type ProgramPlace = { program: HostProgram; id: string }

/** What a script ends with that found no python. */
export const noPython = 96
const noProgram = 97

const codes: Readonly<Record<string, FailureCode>> = {
  conflict: 'run.conflict',
  command: 'local.command',
  folder: 'remote.not-found',
  denied: 'auth.denied',
  full: 'remote.full',
  unsupported: 'remote.unsupported',
}
const refusal = z.object({ error: z.string(), detail: z.string() })

/** @throws EngineError `input.invalid` for an id that could name another folder */
export function programFolder({ program, id }: ProgramPlace): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,79}$/.test(id))
    throw new EngineError('input.invalid', 'director.job', { subject: 'id', detail: 'letters, digits and -' })
  return `"$HOME"/.drydock/${homes[program]}/${id}`
}

/**
 * Sets `p` to the python to use, or leaves it empty. The system's own comes first: a shim in a user's PATH (pyenv) takes
 * ten times as long as our programs. RHEL 8 has one for its own tools under a name that is in no PATH.
 */
export const findPython = `p=
case ":$PATH:" in *:/usr/bin:*) [ ! -x /usr/bin/python3 ] || p=/usr/bin/python3 ;; esac
[ -n "$p" ] || p=$(command -v python3 || command -v /usr/libexec/platform-python)`

/** A script that runs the program with `words`. */
export function programScript(place: ProgramPlace, words: readonly string[]): string {
  const { program } = place
  return `d=${programFolder(place)}
[ -f "$d/${program}.py" ] || exit ${noProgram}
${findPython}
[ -n "$p" ] || exit ${noPython}
"$p" -I "$d/${program}.py" ${words.map(shellWord).join(' ')}
s=$?
# It may have removed itself just now.
[ "$s" = 0 ] || [ -f "$d/${program}.py" ] || exit ${noProgram}
exit "$s"`
}

/** Copies the program into its folder, which only its owner can enter. */
export async function putProgram(
  host: Host,
  place: ProgramPlace,
  during: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const part of parts[place.program]) {
    const text = await hostProgram(part)
    const { exit, stderr } = await host.run(
      `export LC_ALL=C
umask 077
${findPython}
[ -n "$p" ] || exit ${noPython}
d=${programFolder(place)}
mkdir -p "$d" || exit 1
t="$d/${part}.$$"
cat > "$t" && [ "$(wc -c < "$t" | tr -d ' ')" = ${text.length} ] && mv -f "$t" "$d/${part}.py"`,
      { input: text, signal },
    )
    if (exit !== 0) throw programFailure(host, exit, stderr, during)
  }
}

/**
 * Runs the program and reads its one answer.
 * @returns null when it was never put there, or has been removed
 * @throws EngineError for what it refuses, in its words
 */
export async function callProgram<T>(
  host: Host,
  place: ProgramPlace,
  words: readonly string[],
  answer: z.ZodType<T>,
  during: string,
  options: { input?: unknown; signal?: AbortSignal | undefined } = {},
): Promise<T | null> {
  const { exit, stdout, stderr } = await host.run(programScript(place, words), {
    signal: options.signal,
    maxOutput: 256 * 1024,
    timeoutMs: 40_000,
    ...(options.input === undefined ? {} : { input: Buffer.from(JSON.stringify(options.input)) }),
  })
  if (exit === noProgram) return null
  if (exit !== 0) throw programFailure(host, exit, stderr, during)
  return readAnswer(host, stdout.toString('utf8'), answer, during)
}

/** Reads a line that a program said. @throws EngineError for a refusal, and for what is no answer */
export function readAnswer<T>(host: Host, line: string, answer: z.ZodType<T>, during: string): T {
  let said: unknown
  try {
    said = JSON.parse(line)
  } catch {
    said = undefined
  }
  const refused = refusal.safeParse(said)
  if (refused.success)
    throw new EngineError(codes[refused.data.error] ?? 'remote.failed', during, {
      subject: host.about,
      detail: refused.data.detail.slice(0, 500),
    })
  const read = answer.safeParse(said)
  if (!read.success)
    throw new EngineError('remote.wrong-answer', during, {
      subject: host.about,
      detail: `the program on the host says something else than expected`,
    })
  return read.data
}

export function programFailure(host: Host, exit: number | null, stderr: string, during: string): EngineError {
  const { about } = host
  if (exit === noPython)
    return new EngineError('remote.unsupported', during, {
      subject: about,
      detail: 'python3 is needed there, and is not installed (Ansible needs it too)',
    })
  if (exit === noProgram) return new EngineError('run.unknown', during, { subject: about })
  const words = stderr.trim().split('\n').at(-1)?.slice(0, 300) || `it ended with status ${exit ?? '?'}`
  if (/No space left|quota exceeded/i.test(words))
    return new EngineError('remote.full', during, { subject: about, detail: words })
  if (/Permission denied|Read-only file system/i.test(words))
    return new EngineError('auth.denied', during, { subject: about, detail: words })
  return new EngineError('remote.failed', during, { subject: about, detail: words })
}
