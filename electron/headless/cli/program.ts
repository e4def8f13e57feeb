// commander: maintained for fifteen years, no dependencies, and every exit of it can be overridden.
import { Command, CommanderError } from 'commander'
import { EngineError } from '../../engine/engine-error.ts'
import type { CliContext } from './context.ts'
import { declareBackup } from './declare/backup.ts'
import { declareConsole } from './declare/console.ts'
import { declareDaemon } from './declare/daemon.ts'
import { declareDirector } from './declare/director.ts'
import { declareOutage } from './declare/outage.ts'
import { declarePlan } from './declare/plan.ts'
import { declarePoints } from './declare/points.ts'
import { declareRestore } from './declare/restore.ts'
import { declareRuns } from './declare/runs.ts'
import { declareServer } from './declare/server.ts'
import { declareState } from './declare/state.ts'
import { declareVault } from './declare/vault.ts'
import type { Ending } from './ending.ts'
import { done } from './ending.ts'
import { usageError } from './usage-error.ts'

/** Parses the command line and does what it says. Rejects with an EngineError; nothing in here exits the process. */
export async function runProgram(ctx: CliContext, argv: readonly string[]): Promise<Ending> {
  const held: { ending?: Ending } = {}
  const program = new Command('drydock')
    .description(
      'Backs up to the servers you already have, and gets the data back from a laptop that knows nothing.',
    )
    .option('--json', 'answer in JSON lines on stdout, the last of them a "result"')
    .option('--verbose', 'say more on stderr, with the causes of a failure')
    .version(ctx.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: text => ctx.out.page(text), writeErr: () => {} })
    .addHelpText('after', overview)
  const into = {
    program,
    run: (work: () => Promise<Ending>) => work().then(ending => void (held.ending = ending)),
    ctx,
  }
  declareServer(into)
  declareBackup(into)
  declarePoints(into)
  declareRestore(into)
  declareRuns(into)
  declareDirector(into)
  declareVault(into)
  declareConsole(into)
  declarePlan(into)
  declareOutage(into)
  declareDaemon(into)
  declareState(into)
  // With an action of its own commander would take an unknown command for an argument too many. Last, because
  // commands inherit what stands here when they are made.
  program.allowExcessArguments(true).action(async (_options: unknown, command: Command) => {
    const [unknown] = command.args
    if (unknown !== undefined)
      throw new EngineError('input.invalid', 'cli', {
        detail: `there is no command ${JSON.stringify(unknown.slice(0, 40))}; drydock --help lists them`,
      })
    if (ctx.env['npm_lifecycle_event'] === 'start')
      held.ending = await (await import('./commands/open-window.ts')).openWindow(ctx)
    else {
      for (const line of firstSteps) await ctx.out.line(line)
      held.ending = done()
    }
  })

  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (err) {
    if (!(err instanceof CommanderError)) throw err
    if (err.exitCode === 0) return done()
    throw usageError(err, argv, program)
  }
  return held.ending ?? done()
}

const firstSteps = [
  'Drydock backs up to servers you already have, and restores from them.',
  '',
  'What to do next:',
  '  1. Tell it where backups go:   drydock server add nas --type local --path /mnt/backups',
  '  2. Make a backup:              drydock backup /etc --name etc --to nas',
  '  3. See what there is:          drydock points',
  '  4. Prove that it is whole:     drydock verify etc@latest --deep',
  '  5. Get it back:                drydock restore etc@latest --into /tmp/restored',
  '',
  'drydock --help lists all commands; drydock COMMAND --help explains one. In a checkout: npm start -- COMMAND …',
]

const overview = `
Example:
  drydock backup /srv/data --name data --to nas && drydock verify data@latest --deep

Secrets are asked for on a terminal, or come from --secrets-file FILE or --secrets-stdin; never as arguments.
State lies in DRYDOCK_HOME. Exit codes: 0 done, 1 failed, 2 bad usage or input, 3 finished with problems,
4 data damaged or missing, 5 refused for safety, 130 cancelled.`
