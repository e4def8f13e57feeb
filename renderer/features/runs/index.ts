export { RunsScreen } from './runs.screen.tsx'
export { useRun } from './use-run.ts'
