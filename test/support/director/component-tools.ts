import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DirectorCommands } from '../../../shared/director.ts'
import { defaultCommands } from '../../../shared/director-commands.ts'
import type { Postgres } from '../servers/postgres.ts'

/** Waits that a test has patience for, s. */
export const quick = { silence: 60, longest: 120 }

/**
 * Commands for all five components of an invented Director that lies in `folder`: the real `pg_dump` and `tar`, and
 * stand-ins for what is not Debian's: `mongodump` and the script of the analytics configuration. Mongo and postgres are
 * Drydock's own defaults.
 */
export async function directorTools(
  folder: string,
  postgres: Postgres | null,
): Promise<Required<DirectorCommands>> {
  const bin = join(folder, 'bin')
  for (const [name, text] of Object.entries({
    mongodump: standInMongodump,
    'stand-in-elk': standInElk,
    ...(postgres ? {} : { pg_dump: standInPgDump }),
  })) {
    await mkdir(bin, { recursive: true })
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  for (const certs of ['certificate-service', 'ec-provision']) {
    await mkdir(join(folder, certs, 'certs'), { recursive: true })
    await writeFile(join(folder, certs, 'certs', 'invented.pem'), `invented, of ${certs}\n`)
  }
  const settings = Object.entries(postgres?.env ?? {}).map(([name, value]) => `export ${name}=${value}`)
  const before = [`export PATH=${bin}:${postgres?.bin ?? bin}:"$PATH"`, ...settings].join('\n')
  const command = (text: string | null) => ({ command: `${before}\n${text ?? ''}`, ...quick })
  return {
    mongo: command(defaultCommands.mongo.command),
    postgres: command(defaultCommands.postgres.command),
    elk: command('stand-in-elk | gzip'),
    'certificate-service': command(`tar -C ${join(folder, 'certificate-service')} -czf - certs`),
    'ec-provision': command(`tar -C ${join(folder, 'ec-provision')} -czf - certs`),
  }
}

const standInMongodump = `#!/bin/sh
# A stand-in: begins as an archive of mongodump does, and holds nothing of a mongo.
[ "$*" = '--archive --gzip' ] || { echo "stand-in mongodump: $*?" >&2; exit 2; }
echo 'stand-in: writing keycloak.users to archive on stdout' >&2
{ printf '\\155\\342\\231\\201'; seq 1 20000; date +%N; } | gzip
`

const standInElk = `#!/bin/sh
# A stand-in for the script of the analytics configuration: a tar of invented saved objects.
d=$(mktemp -d)
date +%N > "$d/saved-objects.ndjson"
tar -C "$d" -cf - saved-objects.ndjson
rm -r "$d"
`

const standInPgDump = `#!/bin/sh
# A stand-in where no PostgreSQL is part of the test.
echo '-- invented dump'
date +%N
`
