import type { Command } from 'commander'
import { Option } from 'commander'
import { EngineError } from '../../../engine/engine-error.ts'
import { parseBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'

/** Where a command is declared. What it does is imported when it is called, so that help needs no engine. */
export type Declaring = {
  program: Command
  ctx: CliContext
  run: (work: () => Promise<Ending>) => Promise<void>
}

/** For an option that may be given several times. */
export const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value]

/** For an option that may be given several times, or once with commas. */
export const collectNames = (value: string, earlier: string[] | undefined): string[] => [
  ...new Set([
    ...(earlier ?? []),
    ...value
      .split(',')
      .map(name => name.trim())
      .filter(Boolean),
  ]),
]

export function rate(value: string): number {
  const bytes = parseBytes(value)
  if (bytes === null || bytes < 1)
    throw invalid(
      `--limit: ${JSON.stringify(value.slice(0, 40))} is no rate such as 8MB or 500KiB (per second)`,
    )
  return bytes
}

export const integer =
  (option: string, least: number, most: number) =>
  (value: string): number => {
    const number = /^-?\d{1,9}$/.test(value) ? Number(value) : NaN
    if (!(number >= least && number <= most))
      throw invalid(`${option}: a whole number from ${least} to ${most} is expected`)
    return number
  }

/** The options of every command that opens a server or a point. */
export function withSecrets(command: Command): Command {
  return command
    .option(
      '--secrets-file <file>',
      'JSON with the secrets that are needed, e.g. {"password":"…"} or {"passphrase":"…"}',
    )
    .option('--secrets-stdin', 'the same from standard input')
}

export const withLimit = (command: Command): Command =>
  command.option('--limit <rate>', 'at most so much per second: 8MB is 10^6 bytes, 8MiB is 2^20', rate)

/** `--bundle` is known, so that it gets a better answer than a spelling mistake. */
export const withServer = (
  command: Command,
  words = 'the server to use instead of the first that has it',
): Command =>
  command.option('--server <name>', words).addOption(new Option('--bundle <dir>', 'comes later').hideHelp())

export function refuseBundle(options: { bundle?: string }): void {
  if (options.bundle !== undefined)
    throw invalid('--bundle comes later; copy the backup files into a folder and add it as a local server')
}

export const example = (command: Command, ...lines: string[]): Command =>
  command.addHelpText('after', `\nExample:\n${lines.map(line => `  ${line}`).join('\n')}`)

export const invalid = (detail: string, subject?: string): EngineError =>
  new EngineError('input.invalid', 'cli.usage', { detail, ...(subject === undefined ? {} : { subject }) })
