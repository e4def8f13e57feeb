export { DirectorBackups } from './director-backups.ts'
export type { DirectorBackupOptions } from './options.ts'
export { parseBackupOptions, usualPlanName } from './options.ts'
export type { DirectorBackupOutcome } from './made-meanwhile.ts'
