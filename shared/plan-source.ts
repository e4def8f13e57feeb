/** What a plan keeps, in words and in kinds. Nothing here needs a schema: pages read it too. */

export const systemKinds = ['folder', 'command', 'director'] as const

/** Of a plan's source, what its words need. */
type Source =
  | { kind: 'files'; paths: readonly string[] }
  | { kind: 'command'; as: string }
  | { kind: 'director'; deployment: string; part: 'configuration' | 'analytics' }

/** Whether it is the configuration of a Director: five files as `setup.sh` restores them. */
export const isConfiguration = (source: Source): boolean =>
  source.kind === 'director' && source.part === 'configuration'

/** What it is of, in a few words that people know it by. */
export function sourceName(source: Source): string {
  if (source.kind === 'director') return source.deployment
  return source.kind === 'files' ? source.paths.join(', ') : source.as
}

/** What stands before that name. */
export const sourceTitles = {
  files: 'Folder',
  command: 'Command',
  director: 'Director',
} as const satisfies Record<Source['kind'], string>

/** The kind of system that a plan with this source is made for. */
export const systemKindOf = {
  files: 'folder',
  command: 'command',
  director: 'director',
} as const satisfies Record<Source['kind'], (typeof systemKinds)[number]>
