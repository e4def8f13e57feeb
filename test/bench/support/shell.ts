import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Runs a script in bash, every part of a pipe counting, and answers its output. Values come as `$1`, `$2`, … so that
 * none needs quoting; secrets come in `env`.
 */
export async function shell(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<string> {
  const child = spawn('bash', ['-o', 'pipefail', '-euc', script, 'bash', ...args], {
    env: { ...process.env, LC_ALL: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = ['', '']
  for (const [index, stream] of [child.stdout, child.stderr].entries())
    stream.setEncoding('utf8').on('data', (text: string) => (texts[index] += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${script.slice(0, 80)} ended with ${code}: ${texts[1]?.slice(-500)}`)
  return texts[0] ?? ''
}
