import { onTestFinished } from 'vitest'
import type { Drydock, Started } from '../cli/support/drydock.ts'

/** The real `drydock console` as a process of its own, ended with the test. @returns its URL, good for one login */
export async function openConsole(
  drydock: Drydock,
  env: Record<string, string> = {},
): Promise<{ url: string; process: Started }> {
  const started = drydock.start(['console', '--json', '--no-open', '--port', '0'], { env })
  onTestFinished(async () => {
    started.child.kill('SIGTERM')
    await started.ended
  })
  const [, url = ''] = await started.sees(/"event":"ready","url":"([^"]+)"/)
  return { url, process: started }
}
