import type { PreflightLine } from './contract/restore.ts'

/** What each line of a preflight is called, in the order in which they are shown. */
export const preflightTitles = {
  server: 'Server',
  point: 'Restore point',
  proof: 'Verified',
  secret: 'Encryption',
  target: 'Target folder',
  room: 'Room',
  conflicts: 'What stands there',
  names: 'Names',
  vault: 'Vault',
  clock: 'Clock',
} as const satisfies Record<PreflightLine['id'], string>
