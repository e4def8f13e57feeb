import { z } from 'zod'
import type { Host } from '../host/host.ts'
import { shellWord } from '../host/host.ts'

/** What stands and runs on the deployment host. */
export type PlaceFacts = {
  /** Programs that are there, of those that matter. */
  tools: ReadonlySet<string>
  /** Of its own clock, ms since 1970 UTC; null when it cannot be told. */
  clock: number | null
  lock: { is: 'free' } | { is: 'left-behind' | 'held'; who: string; since: string } | { is: 'unreadable' }
  /** Of `setup.sh`; null when it cannot be told. */
  setupSha256: string | null
  /** Processes that run `setup.sh` in the folder, whoever started them. */
  running: number[]
}

const lockRecord = z.object({
  who: z.string().max(400),
  since: z.string().max(40),
  pid: z.int().positive(),
  start: z.string(),
  boot: z.string(),
  machine: z.string(),
})

/** Programs that the script and the job need; see the line about them. */
const tools = ['sh', 'python3', 'ansible-playbook']

/**
 * Looks at the deployment host; changes nothing there.
 * @param folder that exists
 * @throws EngineError as `Host.run`
 */
export async function placeFacts(host: Host, folder: string, signal: AbortSignal): Promise<PlaceFacts> {
  const { stdout } = await host.run(script(folder), { signal, maxOutput: 256 * 1024, timeoutMs: 15_000 })
  const found = new Set<string>()
  const running: number[] = []
  let boot = ''
  let machine = ''
  let start = ''
  let clock: number | null = null
  let lock: string | null = null
  let setupSha256: string | null = null
  for (const line of stdout.toString('utf8').split('\n')) {
    const space = line.indexOf(' ')
    const key = line.slice(0, space)
    const value = line.slice(space + 1)
    if (key === 'tool') found.add(value)
    else if (key === 'boot') boot = value
    else if (key === 'machine') machine = value
    else if (key === 'start') start = value
    else if (key === 'now' && /^\d{1,12}$/.test(value)) clock = Number(value) * 1000
    else if (key === 'busy' && /^\d{1,10}$/.test(value)) running.push(Number(value))
    else if (key === 'setup' && /^[0-9a-f]{64}$/.test(value)) setupSha256 = value
    else if (key === 'lock') lock = (lock ?? '') + value
  }
  return { tools: found, clock, lock: judge(lock, { boot, machine, start }), setupSha256, running }
}

/** Whether who holds the lock still runs, as the supervisor that made it judges. */
function judge(
  text: string | null,
  now: { boot: string; machine: string; start: string },
): PlaceFacts['lock'] {
  if (text === null) return { is: 'free' }
  let parsed
  try {
    parsed = lockRecord.safeParse(JSON.parse(text))
  } catch {
    return { is: 'unreadable' }
  }
  if (!parsed.success) return { is: 'unreadable' }
  const { who, since, start, boot, machine } = parsed.data
  const here = machine === now.machine
  const alive = !here || (boot === now.boot && start !== '' && start === now.start)
  return { is: alive ? 'held' : 'left-behind', who, since }
}

const script = (folder: string): string => `export LC_ALL=C
cd ${shellWord(folder)} || exit 81
echo "now $(date +%s)"
for t in ${tools.join(' ')}; do command -v "$t" > /dev/null 2>&1 && echo "tool $t"; done
echo "boot $(cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null)"
m=$(cat /etc/machine-id 2>/dev/null); echo "machine \${m:-$(uname -n)}"
if [ -e .drydock-lock ]; then
  head -c 4096 .drydock-lock 2>/dev/null | tr '\\n' ' ' | sed 's/^/lock /'; echo
  [ -s .drydock-lock ] || echo "lock {"
  p=$(sed -n 's/.*"pid": *\\([0-9][0-9]*\\).*/\\1/p' .drydock-lock 2>/dev/null | head -n 1)
  if [ -n "$p" ] && [ -r "/proc/$p/stat" ]; then
    set -- $(sed 's/.*) //' "/proc/$p/stat")
    case $1 in Z|X) ;; *) echo "start \${20}" ;; esac
  elif [ -n "$p" ]; then
    echo "start $(ps -o lstart= -p "$p" 2>/dev/null)"
  fi
fi
s=setup
h=$( (sha256sum "$s.sh" || shasum -a 256 "$s.sh") 2>/dev/null)
echo "setup \${h%% *}"
here=$(pwd -P)
for p in /proc/[0-9]*; do
  [ "\${p#/proc/}" != $$ ] && [ "$(readlink "$p/cwd" 2>/dev/null)" = "$here" ] || continue
  tr '\\0' ' ' < "$p/cmdline" 2>/dev/null | grep -q 'setup[.]sh' && echo "busy \${p#/proc/}"
done
exit 0
`
