import type { DirectorComponent } from '../../../../../shared/director-files.ts'

/** The names that stand in a `restore.yml`, of the components it names. */
export type RestoreNames = Partial<Record<DirectorComponent, string>>
