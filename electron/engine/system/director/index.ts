export type { DeploymentSecrets, DirectorsOptions } from './directors.ts'
export { Directors } from './directors.ts'
