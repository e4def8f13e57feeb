export { runsOf, whenOf } from './model.ts'
export { PlansScreen } from './plans.screen.tsx'
