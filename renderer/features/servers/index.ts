export { ServersScreen } from './servers.screen.tsx'
export { serverKinds, type ServerWord, serverWord, siteName, typeOf } from './model.ts'
