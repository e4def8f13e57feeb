import { type DirectorMode, directorModes } from '../../../shared/director-files.ts'
import { useNow } from '../../app/app-context.tsx'
import { formatDuration } from '../../app/format.ts'
import { Button, Segmented, Select, Status } from '../../ui/index.ts'
import { placeOption } from './deployment-draft.ts'
import css from './director.module.css'
import { modeWords } from './model.ts'
import type { Deployments } from './use-deployments.ts'

type Props = {
  deployments: Deployments
  mode: DirectorMode | undefined
  onChoose: (name: string) => void
  onMode: (mode: DirectorMode) => void
  onEditing: (editing: 'new' | 'edit') => void
}

/** The deployment folder that is used, and which kind of restore its hosts amount to. */
export function PlaceLine({ deployments, mode, onChoose, onMode, onEditing }: Props) {
  const { list, chosen, reading, view } = deployments
  return (
    <div className={css.place}>
      <span className="nowrap">Deployment folder</span>
      <Select
        className={css.chosen}
        label="Deployment folder"
        value={chosen?.record.name ?? null}
        onChange={onChoose}
        placeholder={list === null ? 'Asking' : 'Choose one'}
        options={(list ?? []).map(({ record }) => ({
          value: record.name,
          text: placeOption(record),
        }))}
      />
      {chosen && (
        <Button icon="pencil" iconOnly onClick={() => onEditing('edit')}>
          Change this folder
        </Button>
      )}
      <Button icon="plus" onClick={() => onEditing('new')}>
        Add
      </Button>
      {chosen && reading !== null && !view && <Reading since={reading} />}
      {view && (
        <Segmented
          label="Kind of restore"
          value={mode ?? null}
          onChange={onMode}
          options={directorModes.map(value => ({ value, text: modeWords[value] }))}
        />
      )}
    </div>
  )
}

function Reading({ since }: { since: number }) {
  const now = useNow()
  const long = now - since >= 1000
  return <Status is="Asking" says={long ? `Reading it, ${formatDuration(now - since)}` : 'Reading it'} />
}
