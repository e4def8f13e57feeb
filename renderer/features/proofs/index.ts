export { ProofsScreen } from './proofs.screen.tsx'
export { resultWord } from './model.ts'
