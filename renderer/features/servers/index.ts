export { ServersScreen } from './servers.screen.tsx'
export { type ServerWord, serverWord, siteName, typeOf } from './model.ts'
