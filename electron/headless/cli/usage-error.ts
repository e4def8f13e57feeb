import type { Command, CommanderError } from 'commander'
import { EngineError } from '../../engine/engine-error.ts'

/** Words for secrets in names of options that somebody may try. */
const secretWords =
  /pass(?:word|phrase|wd)?|secret|access-?key|account-?key|private-?key|token|identity|\bsas\b|credential|connection-?string/i

/** Options of ours whose names hold such a word. */
const own = new Set(['--secrets-file', '--secrets-stdin'])

/**
 * A command line that cannot be parsed, as `input.invalid`. What was typed is not repeated beyond the name of an
 * option: somebody may have put a secret there.
 */
export function usageError(err: CommanderError, argv: readonly string[], program: Command): EngineError {
  const secret = argv
    .map(word => /^--[A-Za-z][\w-]*/.exec(word)?.[0])
    .find(word => word && secretWords.test(word) && !own.has(word))
  const option = /'(--?[A-Za-z][\w-]*)/.exec(err.message)?.[1]
  if (secret)
    return invalid(
      `${secret} is no option: a secret never goes on the command line, where other users and the shell's history see it. ` +
        'Put it into a file and give --secrets-file FILE, pass it to --secrets-stdin, or leave it out to be asked on a terminal',
    )
  // Commander misses what is mandatory first; a misspelt option is the likelier reason.
  const unknown =
    err.code === 'commander.missingMandatoryOptionValue' ? unknownOption(argv, program) : undefined
  if (unknown) return invalid(`unknown option ${unknown}`)
  if (err.code === 'commander.unknownOption')
    return invalid(`unknown option ${option ?? ''}${suggestionOf(err)}`)
  if (err.code === 'commander.excessArguments')
    return invalid('there are more arguments than this command takes')
  if (err.code === 'commander.help') return invalid('a subcommand is missing')
  return invalid(err.message.replace(/^error: /, '').replace(/\n/g, ' '))
}

function unknownOption(argv: readonly string[], program: Command): string | undefined {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const known = new Set(['--help'])
  const learn = (command: Command) => command.options.forEach(({ long }) => long && known.add(long))
  let command = program
  learn(command)
  for (const word of words) {
    const next = command.commands.find(sub => sub.name() === word)
    if (next) learn((command = next))
  }
  return words
    .map(word => /^--[A-Za-z][\w-]*/.exec(word)?.[0])
    .find(word => word !== undefined && !known.has(word))
}

const suggestionOf = (err: CommanderError): string => {
  const meant = /Did you mean ([^?]+)\?/.exec(err.message)?.[1]
  return meant ? `; did you mean ${meant}?` : ''
}

const invalid = (detail: string) => new EngineError('input.invalid', 'cli.usage', { detail })
