export type { DeploymentSecrets } from './deployments.ts'
export type { DirectorsOptions } from './directors.ts'
export { Directors } from './directors.ts'
