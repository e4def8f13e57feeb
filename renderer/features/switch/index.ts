export { SwitchNotices } from './switch-notices.tsx'
export { SwitchScreen } from './switch.screen.tsx'
