export type { DirectorPreflightDeps, DirectorPreflightResult } from './deps.ts'
export { directorPreflight, seenNow } from './preflight.ts'
