import type { ComponentCommand, DirectorCommands } from './director.ts'
import type { DirectorComponent } from './director-files.ts'
import { directorComponents } from './director-files.ts'

/** A dump prints nothing while it looks around; a folder is packed at once. */
const usual = { silence: 600, longest: 4 * 3600 }

/** The dump is a file first, on the Director alone: a tar says how long a file is before it begins. */
const dumpPostgres = `d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
trap 'exit 143' TERM HUP INT
pg_dump --no-password keycloak > "$d/postgres_dump.sql" &&
tar -C "$d" -czf - postgres_dump.sql`

/**
 * How each component is backed up unless an operator says otherwise. Null where the vendor's documents name no folder
 * and no script: nobody's path is guessed.
 */
export const defaultCommands: Readonly<Record<DirectorComponent, ComponentCommand>> = {
  mongo: { command: 'mongodump --archive --gzip', ...usual },
  postgres: { command: dumpPostgres, ...usual },
  elk: { command: null, ...usual },
  'certificate-service': { command: null, ...usual },
  'ec-provision': { command: null, ...usual },
}

/** How the analytics data of a day is had: no document of the vendor's names a command, so none is guessed. */
export const noAnalytics: ComponentCommand = { command: null, ...usual }

/** What to type there. */
export const analyticsHint =
  'Prints the analytics data of the day in DRYDOCK_DAY (YYYY-MM-DD, UTC) on standard output, packed or not. Not set: the documents name no such command.'

/** What to type where no command is set. `FOLDER-TO-BE-SET` is no path of anybody's. */
export const commandHints: Readonly<Record<DirectorComponent, string>> = {
  mongo: 'A dump of the database, packed with gzip, on standard output: mongodump --archive --gzip.',
  postgres: 'A tar.gz that holds postgres_dump.sql, the dump of the identity database (keycloak).',
  elk: 'A tar.gz of the analytics configuration. Not set: the documents name neither its script nor its folder. Set the script, or tar -C /FOLDER-TO-BE-SET -czf - . with the folder on this Director.',
  'certificate-service':
    'A tar.gz of the certificate service’s folder. Not set: the documents do not name it. Set tar -C /FOLDER-TO-BE-SET -czf - . with the folder on this Director.',
  'ec-provision':
    'A tar.gz of the folder with the edge controllers’ certificates. Not set: the documents do not name it. Set tar -C /FOLDER-TO-BE-SET -czf - . with the folder on this Director.',
}

/** The command of each component: the operator's where there is one. */
export function commandsOf(
  edited: DirectorCommands | undefined,
): Record<DirectorComponent, ComponentCommand> {
  return { ...defaultCommands, ...edited }
}

/** Components that nobody has said how to back up. */
export const notSetIn = (
  commands: Readonly<Record<DirectorComponent, ComponentCommand>>,
): DirectorComponent[] => directorComponents.filter(component => commands[component].command === null)
