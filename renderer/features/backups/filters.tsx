import { useMemo } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'
import { Select } from '../../ui/index.ts'
import css from './backups.module.css'
import { type Filter, pointStates, type PointRow, stateWords } from './model.ts'

/** Which restore points are shown: whose, in which state, of which time. */
export function Filters({
  rows,
  filter,
  onChange,
}: {
  rows: readonly PointRow[]
  filter: Filter
  onChange: (next: Partial<Filter>) => void
}) {
  const systems = useStore(useStores().systems, ({ value }) => value)
  const options = useMemo(() => {
    const names = [...new Set(rows.map(({ name }) => name))].sort()
    return [
      { value: '', text: 'All systems' },
      ...(systems ?? []).map(({ name }) => ({ value: `system:${name}`, text: name })),
      ...names.map(name => ({ value: `name:${name}`, text: `Plan ${name}` })),
    ]
  }, [systems, rows])
  return (
    <>
      <Select
        className={css.select}
        label="System or plan"
        value={filter.of}
        options={
          options.some(({ value }) => value === filter.of)
            ? options
            : [...options, { value: filter.of, text: filter.of.replace(/^\w+:/, '') }]
        }
        onChange={of => onChange({ of })}
      />
      <Select
        className={css.select}
        label="State"
        value={filter.state}
        options={[
          { value: '', text: 'Any state' },
          ...pointStates.map(state => ({ value: state, text: stateWords[state] })),
        ]}
        onChange={state => onChange({ state: state })}
      />
      <Select
        className={css.select}
        label="Period"
        value={filter.period}
        options={[
          { value: 'any', text: 'Any time' },
          { value: '1', text: 'Last 24 hours' },
          { value: '7', text: 'Last 7 days' },
          { value: '30', text: 'Last 30 days' },
          { value: '365', text: 'Last year' },
        ]}
        onChange={period => onChange({ period: period })}
      />
    </>
  )
}
