import type { Host } from '../host/host.ts'

/** One line each, of what is there; nothing of it may wait for somebody. */
const script = `uname -srm
ansible-playbook --version </dev/null 2>/dev/null | head -n 1
python3 --version 2>&1
`

/** What the deployment host runs, in one line for the report: `Linux 6.1.0 x86_64; Python 3.11.2`. */
export async function hostVersion(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(script, { signal, maxOutput: 64 * 1024 })
  const lines = stdout.toString('utf8').split('\n')
  return lines
    .map(line => line.replace(/\p{Cc}/gu, '').trim())
    .filter(line => line !== '')
    .slice(0, 3)
    .join('; ')
    .slice(0, 300)
}
