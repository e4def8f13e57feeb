import { execFile } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import type { Peer } from './transfer.ts'

/**
 * rclone with a remote `X` made of settings in its environment, where nobody else can read them.
 * @param place what comes before an object's name, e.g. a bucket and a slash
 * @param flags beyond its defaults; each is one that makes it faster, or without which it does not work
 * @param patience how often one transfer is tried; only the try that succeeds is timed
 */
export function rclonePeer(
  settings: Record<string, string>,
  place: string,
  flags: readonly string[],
  patience: { tries: number; say: (line: string) => void } = { tries: 1, say: () => {} },
): Peer {
  // A setting for another program may break it: 1.60 fails over AWS_CA_BUNDLE.
  const inherited = Object.entries(process.env).filter(([key]) => !/^(AWS|RCLONE)_/.test(key))
  const env = {
    ...Object.fromEntries(inherited),
    RCLONE_CONFIG: '/dev/null',
    ...Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_X_${key.toUpperCase()}`, value]),
    ),
  }
  const copy = async (from: string, to: string): Promise<{ seconds: number }> => {
    const args = ['copyto', from, to, '--ignore-times', '--retries', '1', ...flags]
    for (let attempt = 1; ; attempt++) {
      const began = performance.now()
      try {
        await promisify(execFile)('rclone', args, { env })
        return { seconds: (performance.now() - began) / 1000 }
      } catch (err) {
        const why = String((err as { stderr?: string }).stderr)
          .trim()
          .slice(-300)
        patience.say(`rclone, try ${attempt}: ${why}`)
        if (attempt >= patience.tries) throw new Error(`rclone: ${why}`, { cause: err })
      }
    }
  }
  return {
    name: 'rclone',
    put: (source, object) => copy(source, `X:${place}${object}`),
    get: (object, target) => copy(`X:${place}${object}`, target),
  }
}

/** The form in which rclone wants passwords. */
export async function obscured(password: string): Promise<string> {
  const running = promisify(execFile)('rclone', ['obscure', '-'])
  running.child.stdin?.end(password)
  return (await running).stdout.trim()
}
