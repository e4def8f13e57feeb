export { Written } from './changes.tsx'
export { placeOption, placeWords } from './deployment-draft.ts'
export { DeploymentForm } from './deployment-form.tsx'
export { DirectorRestore } from './director-restore.tsx'
export { MendLine, TrustKey } from './lines.tsx'
export { MasterEditor } from './master-editor.tsx'
export {
  allTyped,
  directorOf,
  directorQuery,
  modeWords,
  readEdits,
  withEdit,
  withoutEdit,
  writeEdits,
} from './model.ts'
export { useHoldings } from './points-store.ts'
export { ReadingTrouble } from './reading-trouble.tsx'
export { AfterwardsCard } from './run/afterwards-card.tsx'
export { DirectorActions } from './run/director-actions.tsx'
export { HostsLeft } from './run/hosts-left.tsx'
export { leadOf as directorLead, nowOf as directorNow, pageUrl, taskDetail } from './run/model.ts'
export { ScriptPanel } from './run/script-panel.tsx'
export { useDirectorRun } from './run/use-director-run.ts'
export { newestWhole } from './sources.ts'
export { type Deployments, useDeployments } from './use-deployments.ts'
export { VaultLocked } from './vault-locked.tsx'
