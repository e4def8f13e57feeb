import { writeSync } from 'node:fs'
import type { CliContext } from './context.ts'
import type { Ending } from './ending.ts'
import { failedWith } from './ending.ts'
import { callersFolder, stateFolder } from '../../engine/state/state-folder.ts'
import { Interrupts } from './interrupts.ts'
import { Masker } from '../../engine/masker.ts'
import { Output } from './output.ts'
import { readVersion } from '../../engine/state/package-folder.ts'

/** The command line. Whatever happens, it ends in one `result` line under `--json` and in an exit code. */
async function main(argv: readonly string[]): Promise<number> {
  // Known before anything is parsed, because a command that cannot be parsed answers in JSON too.
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const out = new Output(process, { json: words.includes('--json'), verbose: words.includes('--verbose') })
  const interrupts = new Interrupts(() => {
    // The event loop may be busy or the pipe full: no stream is waited for.
    if (out.json) trySync(1, `${resultLine(failedWith('cancelled'))}\n`)
    else trySync(2, '\ndrydock: left at once; drydock runs list shows what was under way\n')
    process.exit(failedWith('cancelled').exit)
  })
  interrupts.listen()
  leaveWithParent(interrupts)
  const { env } = process
  const ctx: CliContext = {
    out,
    env,
    folder: callersFolder(env),
    home: stateFolder(env),
    version: readVersion(),
    interrupts,
    masker: new Masker(),
    around: {},
  }
  const ending = await runCommand(ctx, argv).catch((err: unknown) => failing(ctx, err))
  await out.event('result', resultOf(ending))
  await out.flush()
  return ending.exit
}

/** The parser and what it pulls in are loaded once signals are heeded: a Ctrl-C meanwhile ends the command. */
async function runCommand(ctx: CliContext, argv: readonly string[]): Promise<Ending> {
  const { runProgram } = await import('./program.ts')
  await ctx.interrupts.settled()
  return await runProgram(ctx, argv)
}

/** Under a launcher, its end is a request to end: nobody waits for this command any more. */
function leaveWithParent(interrupts: Interrupts): void {
  if (!process.channel) return
  process.on('disconnect', () => interrupts.arrived('shutdown'))
  // A finished command must not wait for its launcher.
  process.channel.unref()
}

async function failing(ctx: CliContext, err: unknown): Promise<Ending> {
  // Loaded on failure only: `--version` and `--help` stay fast.
  const { toFailure } = await import('../../engine/engine-error.ts')
  const { reportFailure } = await import('./report.ts')
  const { describeFailure } = await import('../../../shared/failure-copy.ts')
  const failure = toFailure(err, 'cli')
  reportFailure(ctx.out, ctx.masker.mask, failure, ctx.around, err)
  return {
    ...failedWith(failure.code),
    extra: { message: ctx.masker.mask(describeFailure(failure, ctx.around).title) },
  }
}

const resultOf = ({ code, exit, extra }: Ending) => ({ ok: exit === 0, code, exit, ...extra })
const resultLine = (ending: Ending) => JSON.stringify({ event: 'result', ...resultOf(ending) })

function trySync(fd: number, text: string): void {
  try {
    writeSync(fd, text)
  } catch {
    // Nobody reads it any more.
  }
}

// What is left open by a library (a keychain's thread, an idle socket) must not keep a finished command alive.
process.exit(await main(process.argv.slice(2)))
