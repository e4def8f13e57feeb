import { Push, SearchField, Segmented, Select, Toolbar } from '../../ui/index.ts'
import type { RunFilter } from './run-list-model.ts'
import css from './runs.module.css'

/** Which runs are listed: by state, by kind, by words. */
export function RunFilters({
  filter,
  onChange,
}: {
  filter: RunFilter
  onChange: (next: Partial<RunFilter>) => void
}) {
  return (
    <div className={css.filters}>
      <Toolbar label="Which runs">
        <Segmented
          label="State"
          value={filter.state}
          onChange={state => onChange({ state })}
          options={[
            { value: 'all', text: 'All' },
            { value: 'live', text: 'Going on' },
            { value: 'look', text: 'To look at' },
            { value: 'good', text: 'Done' },
          ]}
        />
        <Select
          label="Kind"
          value={filter.kind}
          onChange={kind => onChange({ kind })}
          options={[
            { value: 'all', text: 'All kinds' },
            { value: 'backup', text: 'Backups' },
            { value: 'director-backup', text: 'Director backups' },
            { value: 'restore', text: 'Restores' },
            { value: 'director-restore', text: 'Director restores' },
            { value: 'director-switch', text: 'Switch-over steps' },
            { value: 'director-adopt', text: 'Adoptions' },
            { value: 'verify', text: 'Verifications' },
            { value: 'copy', text: 'Copies' },
          ]}
        />
        <Push />
        <SearchField
          className={css.search}
          label="Find a run"
          value={filter.text}
          onChange={text => onChange({ text })}
        />
      </Toolbar>
    </div>
  )
}
