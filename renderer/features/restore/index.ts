export { RestoreScreen } from './restore.screen.tsx'
