import { fileURLToPath } from 'node:url'
import type { CliContext } from '../context.ts'
import { openDesktop } from '../desktop-app.ts'
import type { Ending } from '../ending.ts'
import { done, failedWith } from '../ending.ts'
import { packageFolder } from '../../../engine/state/package-folder.ts'
import { openConsole } from './console.ts'

/** `npm start` without a command: the application. Where there is no desktop app, the console in a browser. */
export async function openWindow(ctx: CliContext): Promise<Ending> {
  const root = fileURLToPath(packageFolder())
  const { env, out, interrupts } = ctx
  const desktop = await openDesktop({ root, env, platform: process.platform, say: text => out.say(text) })
  if (!desktop) return await openConsole(ctx, {})
  const code = await interrupts.during(
    () => desktop.stop(),
    () => desktop.ended,
  )
  return code === 0 ? done() : failedWith('internal')
}
