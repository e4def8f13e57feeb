export { RestoreScreen } from './restore-any.screen.tsx'
