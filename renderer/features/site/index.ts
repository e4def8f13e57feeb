export { verdictOf as siteVerdict } from './model.ts'
export { CheckedAgo, SitesScreen } from './site.screen.tsx'
