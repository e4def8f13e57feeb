import { useEffect, useMemo, useState } from 'react'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import type { DirectorMode } from '../../../shared/director-files.ts'
import { useAsk } from '../../app/app-context.tsx'
import { useKeptFocus } from '../../app/parts/use-kept-focus.ts'
import { Button, Empty, Field, FormRow, Notice, Section, Select, TextField, Trouble } from '../../ui/index.ts'
import { BackedUp } from './backed-up.tsx'
import { Diffs, MasterFacts, Problems } from './changes.tsx'
import { DeploymentForm } from './deployment-form.tsx'
import css from './director.module.css'
import { HostsTable } from './hosts-table.tsx'
import { withEdits } from './master.ts'
import { MasterEditor } from './master-editor.tsx'
import { type Action, type DirectorWizard, editsOf } from './model.ts'
import { PlaceLine } from './place-line.tsx'
import type { Holdings } from './points-store.ts'
import { ReadingTrouble } from './reading-trouble.tsx'
import type { Deployments } from './use-deployments.ts'

export type Editing = 'none' | 'new' | 'edit' | 'values'
type Props = {
  wizard: Extract<DirectorWizard, { step: 'target' }>
  deployments: Deployments
  infos: readonly ServerInfo[]
  /** Nothing is ever written to a server that belongs to the vendor's own backup. */
  holdings: Holdings
  editing: Editing
  onEditing: (editing: Editing) => void
  act: (action: Action) => void
}

/** Where should it go: the deployment folder, its hosts and what becomes of each, what is written before. */
export function StepTarget({ wizard, deployments, infos, holdings, editing, onEditing, act }: Props) {
  const { chosen, list, view, viewFailure } = deployments
  const { stamp, master, mode } = wizard
  const edits = useMemo(() => editsOf({ stamp, master }), [stamp, master])
  const asked = useAsk(
    'director.preview',
    chosen && view && editing !== 'new' && editing !== 'edit'
      ? { deployment: chosen.record.name, mode: mode ?? null, edits }
      : null,
  )
  const again = asked.again
  const { turn } = deployments
  useEffect(() => {
    if (turn > 0) again()
  }, [turn, again])
  const preview = useLast(asked.value, chosen?.record.name ?? '')
  const shown = useMemo(() => [view, preview], [view, preview])
  const room = useKeptFocus(shown)

  if (editing === 'new' || editing === 'edit')
    return (
      <DeploymentForm
        key={editing}
        info={editing === 'edit' ? chosen : null}
        onCancel={() => onEditing('none')}
        onSaved={({ record }) => {
          const same =
            editing === 'edit' && JSON.stringify(record.place) === JSON.stringify(chosen?.record.place)
          act({ is: same ? 'renamed' : 'deployment', deployment: record.name })
          onEditing('none')
          deployments.again()
        }}
      />
    )
  if (editing === 'values' && view?.master)
    return (
      <MasterEditor
        view={view.master}
        edits={master}
        onEdit={(edit, was) => act({ is: 'edit', edit, ...(was !== undefined && { was }) })}
        onUndo={path => act({ is: 'undo', path })}
        onUndoAll={() => act({ is: 'undo-all' })}
        onDone={() => onEditing('none')}
      />
    )
  if (list?.length === 0)
    return (
      <Empty
        title="No deployment folder yet."
        action={
          <Button icon="plus" onClick={() => onEditing('new')}>
            Add the deployment folder
          </Button>
        }
      >
        It holds restore.yml, master.yml and setup.sh, on this machine or on a host that is reached over ssh.
        Without it nothing can be restored.
      </Empty>
    )
  const now = view?.master ? withEdits(view.master, master) : null
  const backedUp = (chosen && deployments.plansOf?.get(chosen.record.name)) ?? []
  return (
    <div ref={room} tabIndex={-1}>
      {deployments.failure && <Trouble failure={deployments.failure} />}
      <PlaceLine
        deployments={deployments}
        mode={mode}
        onChoose={name => act({ is: 'deployment', deployment: name })}
        onMode={(next: DirectorMode) => act({ is: 'mode', mode: next })}
        onEditing={onEditing}
      />
      <BackedUp plans={backedUp} />
      {chosen && viewFailure && (
        <ReadingTrouble
          info={chosen}
          failure={viewFailure}
          busy={deployments.reading !== null}
          onAgain={deployments.again}
          onEdit={() => onEditing('edit')}
        />
      )}
      {view && view.setup !== 'runs' && (
        <Notice tone="bad">
          {view.setup === 'missing'
            ? 'There is no setup.sh in this folder.'
            : 'setup.sh is there, and this user may not run it.'}
        </Notice>
      )}
      {now && <HostsTable hosts={now.hosts} site={now.directorSite} edits={master} />}
      {view && (
        <Problems
          problems={preview?.problems ?? view.problems}
          onMend={(edit: MasterEdit) => act({ is: 'edit', edit })}
        />
      )}
      {view && (
        <div className={css.changes}>
          <div>
            {preview ? (
              <Diffs diffs={preview.diffs} />
            ) : asked.failure ? (
              <Trouble
                failure={asked.failure}
                title="The changes cannot be shown"
                actions={
                  master.length > 0 && (
                    <Button size="small" icon="undo-2" onClick={() => act({ is: 'undo-all' })}>
                      Undo all changes
                    </Button>
                  )
                }
              />
            ) : (
              <p className="note">Reading both files</p>
            )}
          </div>
          <div>
            {now && <MasterFacts view={now} onEdit={() => onEditing('values')} />}
            <Around wizard={wizard} infos={infos} holdings={holdings} act={act} />
          </div>
        </div>
      )}
    </div>
  )
}

/** What is done around the restore: a copy before, the address the files are served on. */
function Around({ wizard, infos, holdings, act }: Pick<Props, 'wizard' | 'infos' | 'holdings' | 'act'>) {
  const [serveOn, setServeOn] = useState(wizard.serveOn)
  return (
    <Section title="Before it begins" near>
      <FormRow columns="minmax(0, 1fr)">
        <Field
          label="Safety copy of the present configuration"
          hint="Mongo DB and Postgres DB, taken first. When it fails, nothing is changed."
        >
          <Select
            value={wizard.safetyCopy}
            onChange={safetyCopy => act({ is: 'how', how: { safetyCopy } })}
            options={[
              { value: '', text: 'None' },
              ...infos.map(({ record: { name } }) => {
                const vendors = holdings.byServer.get(name)?.value?.vendorOwned === true
                return {
                  value: name,
                  text: vendors ? `${name}: the vendor’s own` : `To ${name}`,
                  off: vendors,
                }
              }),
            ]}
          />
        </Field>
        {wizard.fetch === 'served' && (
          <Field
            optional
            label="Address to serve the files on"
            hint="Empty: the address the hosts are reached from. The preflight proves that they reach it."
          >
            <TextField
              code
              value={serveOn}
              onChange={setServeOn}
              onBlur={() => act({ is: 'how', how: { serveOn: serveOn.trim() } })}
              onEnter={() => act({ is: 'how', how: { serveOn: serveOn.trim() } })}
              placeholder="192.0.2.30"
            />
          </Field>
        )}
      </FormRow>
    </Section>
  )
}

/** The last answer of the same folder: it stays while the next is asked for, so that nothing jumps. */
function useLast<T>(value: T | null, of: string): T | null {
  const [last, setLast] = useState<{ of: string; value: T } | null>(null)
  if (value !== null && (last?.value !== value || last.of !== of)) setLast({ of, value })
  return value ?? (last?.of === of ? last.value : null)
}
