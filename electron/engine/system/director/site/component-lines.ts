import type { SiteCheck } from '../../../../../shared/contract/site.ts'
import type { ComponentCommand, Deployment } from '../../../../../shared/director.ts'
import { directorComponents, directorFiles } from '../../../../../shared/director-files.ts'
import { commandHints, commandsOf } from '../../../../../shared/director-commands.ts'
import type { Host } from '../host/host.ts'
import type { Board, Finding } from '../preflight/board.ts'
import { inTime, notTried, pass, stop, warn, wordsOf } from '../preflight/board.ts'
import type { Programs } from './programs.ts'
import { programsOf } from './programs.ts'
import { programsThere, versionsOf } from './site-facts.ts'

type Component = SiteCheck['components'][number]
type Wanted = { component: Component['component']; title: string; command: string | null; hint: string }

/** What stands in a hint for what an operator has to fill in. */
const blank = 'FOLDER-TO-BE-SET'

/**
 * Whether each component, and the analytics data, can be copied from the host they are copied from: a line for each.
 * None of the commands is run.
 * @param from null: nobody could log in to it
 */
export async function checkCommands(
  { commands, analytics }: Pick<Deployment, 'commands' | 'analytics'>,
  from: { remote: Host; label: string } | null,
  board: Board,
  signal: AbortSignal,
): Promise<Component[]> {
  const since = performance.now()
  const wanted = wantedOf(commandsOf(commands), analytics)
  const needs = new Map(wanted.map(one => [one.component, programsOf(one.command ?? '')]))
  const names = [...new Set([...needs.values()].flatMap(({ names: own }) => own))]
  let there: ReadonlySet<string> | null = null
  let versions: ReadonlyMap<string, string> = new Map()
  let why = 'Not looked at: nobody could log in to the host it is copied from.'
  if (from)
    try {
      there = await inTime(programsThere(from.remote, names, signal), signal)
      versions = await versionsOf(from.remote, there, signal)
    } catch (err) {
      why = `Not looked at: ${wordsOf(err)}`
    }
  return wanted.map(one => {
    const { component, command } = one
    const needed = needs.get(component)!
    const present = command === null || there === null ? null : presenceOf(needed, there)
    // The documents know no command for it, and only a plan of analytics data needs one: without, nothing was checked.
    if (component !== 'analytics' || command !== null)
      board.add(since, lineOf(one, { needed, there, versions, present, why, label: from?.label ?? '' }))
    const version = needed.names.flatMap(name => versions.get(name) ?? [])[0] ?? null
    return { component, set: command !== null, present, version: command === null ? null : version }
  })
}

function wantedOf(
  commands: ReturnType<typeof commandsOf>,
  analytics: ComponentCommand | undefined,
): Wanted[] {
  const five = directorComponents.map(component => ({
    component,
    title: directorFiles[component].title,
    command: commands[component].command,
    hint: commandHints[component],
  }))
  const command = analytics?.command ?? null
  return [...five, { component: 'analytics', title: 'Analytics data', command, hint: '' }]
}

function presenceOf({ names, sure }: Programs, there: ReadonlySet<string>): boolean | null {
  if (names.length === 0) return null
  if (names.every(name => there.has(name))) return true
  return sure ? false : null
}

function lineOf(
  { component, title: what, command, hint }: Wanted,
  on: {
    needed: Programs
    there: ReadonlySet<string> | null
    versions: ReadonlyMap<string, string>
    present: boolean | null
    why: string
    label: string
  },
): Finding {
  const { needed, there, versions, present, why, label } = on
  const id = `command:${component}`
  const title = `Backup of ${what}`
  if (command === null) return warn(id, title, 'No command is set: it is left out of every backup.', hint)
  if (command.includes(blank))
    return stop(id, title, `Its command still names ${blank}.`, 'Put the folder on this Director there.')
  if (!there) return notTried(id, title, why)
  if (present === null)
    return pass(
      id,
      title,
      'A command is set; whether all that it needs is there cannot be told from its text.',
    )
  if (present) {
    const said = needed.names.map(name => versions.get(name) ?? name)
    return pass(id, title, `${listed(said)} ${said.length === 1 ? 'is' : 'are'} on ${label}.`)
  }
  const missing = needed.names.filter(name => !there.has(name))
  return stop(
    id,
    title,
    `${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} not on ${label}, as far as its login looks.`,
    'Install it there, or write its whole path into the command.',
  )
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
