import { fileURLToPath } from 'node:url'
import { EngineError } from '../../../engine/engine-error.ts'
import { openService } from '../../../engine/service/index.ts'
import type { ConsoleServer, ConsoleServerOptions } from '../../console-server/console-server.ts'
import { openConsoleServer } from '../../console-server/console-server.ts'
import { loopbackAddress } from '../../console-server/listen-address.ts'
import { hasDisplay, openBrowser } from '../../console-server/open-browser.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { packageFolder } from '../../../engine/state/package-folder.ts'

export type ConsoleOptions = { port?: number; listen?: string; open?: boolean }

/** The same each time, so that a tunnel can be set up beforehand. When it is taken a free one serves as well. */
const usualPort = 8377

/** Serves the console until it is stopped. Its runs end with it: they can be resumed. */
export async function openConsole(ctx: CliContext, options: ConsoleOptions): Promise<Ending> {
  const address = loopbackAddress(options.listen)
  const { home, env, version, masker, out } = ctx
  const opened = await openService({ home, env, version, shell: 'console', masker })
  const { service } = opened
  const held: { removeFile?: () => Promise<void> } = {}
  try {
    const server = await listen(ctx, {
      service,
      pages: fileURLToPath(new URL('out/renderer', packageFolder())),
      address,
      port: options.port ?? usualPort,
      ...(options.port === undefined ? { fallback: true } : {}),
      onEnter: () => void held.removeFile?.().catch(() => {}),
    })
    try {
      const url = server.url()
      await out.event('ready', { url })
      await out.line(`Drydock’s console is at ${url}`)
      out.say(
        'The URL opens it once. Ctrl-C ends it; runs under way are interrupted then and can be resumed.',
      )
      if (options.open !== false && hasDisplay(env)) held.removeFile = await openBrowser(server.url(), home)
      await stopped(ctx)
    } finally {
      await server.close()
    }
    tellInterrupted(ctx, opened.runsHere())
    return done()
  } finally {
    await held.removeFile?.().catch(() => {})
    await opened.close()
  }
}

async function listen(
  ctx: CliContext,
  { fallback, ...options }: ConsoleServerOptions & { fallback?: boolean },
): Promise<ConsoleServer> {
  try {
    return await openConsoleServer(options)
  } catch (err) {
    if (!fallback || !(err instanceof EngineError) || err.code !== 'local.io') throw err
    ctx.out.say(`Port ${options.port} is taken; a free one is used.`)
    return await openConsoleServer({ ...options, port: 0 })
  }
}

/** Resolves on Ctrl-C, SIGTERM, or when the terminal or the launcher is gone. */
function stopped({ interrupts }: CliContext): Promise<void> {
  const asked = Promise.withResolvers<void>()
  return interrupts.during(
    () => asked.resolve(),
    () => asked.promise,
  )
}

function tellInterrupted({ out }: CliContext, runs: readonly string[]): void {
  for (const id of runs) out.say(`The run ${id} is interrupted; drydock runs resume ${id} goes on with it.`)
}
