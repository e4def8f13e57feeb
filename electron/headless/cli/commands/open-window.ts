import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { openConsole } from './console.ts'

/** `npm start` without a command: the application. Where there is no desktop app, the console in a browser. */
export async function openWindow(ctx: CliContext): Promise<Ending> {
  return await openConsole(ctx, {})
}
