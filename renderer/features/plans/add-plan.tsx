import { go } from '../../app/navigation.ts'
import { SplitButton } from '../../ui/index.ts'

export const needsServer = 'needs a server first'

/** What a plan can be of; `kind` stands in the address of a new one. */
export const planKinds = [
  {
    kind: 'configuration',
    title: 'Configuration backup',
    keeps: 'A Director: databases, certificates, analytics settings',
    icon: 'braces',
  },
  {
    kind: 'analytics',
    title: 'Analytics backup',
    keeps: 'A Director: the data of the day before, once a day',
    icon: 'database',
  },
  {
    kind: 'files',
    title: 'Folders and files',
    keeps: 'Any folders this console can read, with owners, rights and times',
    icon: 'folder',
  },
  {
    kind: 'command',
    title: 'Output of a command',
    keeps: 'What a command prints: a database dump, an export',
    icon: 'terminal',
  },
] as const
export type PlanKind = (typeof planKinds)[number]['kind']

/** The primary button of the page. @param off why it is off */
export function AddPlan({ off }: { off: string | null }) {
  const add = (kind: PlanKind) => go({ page: 'plans', mode: 'new', query: { kind } })
  return (
    <SplitButton
      pagePrimary
      icon="plus"
      text="Add plan"
      off={off}
      onClick={() => add('files')}
      menuLabel="Add a plan of another kind"
      items={planKinds.map(({ kind, title, icon }) => ({
        id: kind,
        text: title,
        icon,
        onPick: () => add(kind),
        ...(kind === 'files' && { tag: 'Default' }),
      }))}
    />
  )
}
