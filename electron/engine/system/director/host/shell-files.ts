import { basename } from 'node:path/posix'
import type { FailureCode } from '../../../../../shared/failure.ts'
import { EngineError } from '../../../engine-error.ts'
import type { Host } from './host.ts'
import { noFile, shellWord } from './host.ts'
import { during } from './script.ts'

/** Exit statuses of the scripts below, so that nobody reads a shell's words in twenty languages. */
const statuses: Readonly<Record<number, [code: FailureCode, detail: string]>> = {
  81: ['remote.not-found', 'there is no such file'],
  82: ['remote.not-found', noFile],
  83: ['auth.denied', 'it may not be read'],
  84: ['auth.denied', 'its folder may not be written to'],
  85: ['remote.exists', 'the name for the old file is taken'],
  86: ['auth.denied', 'its owner could not be kept'],
  87: ['network.interrupted', 'not all of it arrived'],
}

/** A file over `sh` and `cat`: binary safe, and no sftp is needed. @throws as `Host.readFile` */
export async function readOverShell(
  host: Host,
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const script = `f=${shellWord(path.startsWith('/') ? path : `./${path}`)}
[ -e "$f" ] || exit 81
[ -f "$f" ] || exit 82
[ -r "$f" ] || exit 83
exec cat "$f"`
  const { exit, stdout, stderr } = await host.run(script, { signal, maxOutput: Math.max(maxBytes, 4096) })
  if (exit !== 0) throw refusal(exit, stderr, path)
  if (stdout.length > maxBytes)
    throw new EngineError('remote.limit', during, {
      subject: path,
      detail: `it has more than ${maxBytes} bytes`,
    })
  return stdout
}

/** A temporary file beside it, synced, then renamed. @throws as `Host.writeFile` */
export async function writeOverShell(
  host: Host,
  path: string,
  bytes: Uint8Array,
  options: Parameters<Host['writeFile']>[2] = {},
): Promise<void> {
  const mode = (options.mode ?? 0o644).toString(8)
  const kept = options.keepAs === undefined ? '' : basename(options.keepAs)
  const { exit, stderr } = await host.run(
    `export LC_ALL=C
umask 077
f=${shellWord(path.startsWith('/') ? path : `./${path}`)}
[ -L "$f" ] && f=$(readlink -f "$f")
[ -e "$f" ] && [ ! -f "$f" ] && exit 82
d=$(dirname "$f")
[ -d "$d" ] || exit 81
[ -w "$d" ] || exit 84
t=$(mktemp "$d/.drydock-XXXXXX") || exit 89
trap 'rm -f "$t"' EXIT
trap 'exit 129' HUP INT TERM PIPE
cat > "$t" || exit 89
[ "$(wc -c < "$t" | tr -d ' ')" = ${bytes.length} ] || exit 87
if [ -e "$f" ]; then
  owner() { ls -lnd "$1" | awk '{ print $3 ":" $4 }'; }
  o=$(owner "$f")
  [ "$(owner "$t")" = "$o" ] || chown "$o" "$t" 2>/dev/null || exit 86
  m=$(stat -c %a "$f" 2>/dev/null || stat -f %Lp "$f") || exit 89
else m=${mode}; fi
chmod "$m" "$t" || exit 89
sync "$t" 2>/dev/null || sync
k=${shellWord(kept)}
if [ -n "$k" ] && [ -e "$f" ]; then
  [ -e "$d/$k" ] && exit 85
  ln "$f" "$d/$k" 2>/dev/null || cp -p "$f" "$d/$k" || exit 89
fi
mv -f "$t" "$f" || exit 89
sync "$d" 2>/dev/null || sync`,
    { input: bytes, signal: options.signal, timeoutMs: 60_000 },
  )
  if (exit !== 0) throw refusal(exit, stderr, path)
}

function refusal(exit: number | null, stderr: string, path: string): EngineError {
  const [code, detail] = statuses[exit ?? 0] ?? byWords(stderr)
  return new EngineError(code, during, { subject: path, detail })
}

function byWords(stderr: string): [FailureCode, string] {
  const words = stderr.trim().split('\n').at(-1)?.slice(0, 300) || 'it ended without a word'
  if (/No space left|quota exceeded/i.test(words)) return ['remote.full', words]
  if (/Permission denied|Read-only file system/i.test(words)) return ['auth.denied', words]
  return ['remote.failed', words]
}
