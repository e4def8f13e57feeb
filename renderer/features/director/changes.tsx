import { useState } from 'react'
import type { FileDiff, MasterView } from '../../../shared/contract/director.ts'
import type { DirectorProblem, MasterEdit } from '../../../shared/director.ts'
import { counted } from '../../app/format.ts'
import { Button, Facts, Preflight, Section, Status, useAnnounce, YamlDiff } from '../../ui/index.ts'
import css from './director.module.css'
import { pathText } from './master.ts'

/** What will be written into both files, line by line. */
export function Diffs({ diffs }: { diffs: readonly FileDiff[] }) {
  const changing = diffs.filter(({ changed }) => changed > 0)
  if (changing.length === 0) return <p className="note">Both files stay byte for byte.</p>
  return (
    <div className={css.diffs}>
      {changing.map(({ file, changed, keptAs, lines }) => (
        <YamlDiff
          key={file}
          file={file}
          note={`${counted(changed, 'line')} ${changed === 1 ? 'changes' : 'change'}, comments and order stay`}
          lines={lines}
          around={2}
          {...(keptAs !== null && { kept: `old file kept as ${keptAs}` })}
        />
      ))}
    </div>
  )
}

/** The same below a verdict; nothing when nothing changes. `when` it is written. */
export function Written({ diffs, when }: { diffs: readonly FileDiff[]; when: string }) {
  if (!diffs.some(({ changed }) => changed > 0)) return null
  return (
    <Section title="What will be written first" note={when} ruled={false}>
      <Diffs diffs={diffs} />
    </Section>
  )
}

/** What of `master.yml` matters before a restore, and whether it fits. */
export function MasterFacts({ view, onEdit }: { view: MasterView; onEdit: () => void }) {
  const empty = (value: string | null) =>
    value === null ? (
      <span className="muted">empty</span>
    ) : (
      <Status is="At risk" says={<code>{value}</code>} reason="should be empty" />
    )
  const known = (value: string | null) =>
    value === null || value === '' ? <span className="muted">not said</span> : <code>{value}</code>
  return (
    <Section title="master.yml" near>
      <div className={css.part}>
        <Facts
          tight
          names="auto"
          facts={[
            ['director_site', known(view.directorSite)],
            ['install_msp', empty(view.installMsp)],
            ['install_tenant', empty(view.installTenant)],
            view.externalIp.length > 0 && ['external_ip', known(view.externalIp.join(', '))],
            ...view.keepalived.map(
              ({ ip, id }) =>
                [
                  'keepalived',
                  known([ip, id === null ? null : `id ${id}`].filter(Boolean).join(', ')),
                ] as const,
            ),
            ...view.disks.map(
              ({ key, value }) => [key.replace(/^external_disk\./, ''), known(value)] as const,
            ),
          ]}
        />
        <p className={css.below}>
          <Button size="small" icon="pencil" onClick={onEdit}>
            Change values
          </Button>
        </p>
      </div>
    </Section>
  )
}

type ProblemsProps = {
  problems: readonly DirectorProblem[]
  onMend: (edit: MasterEdit) => void
}
/** Lines shown before the rest is only counted. */
const few = 4

/** What is wrong in both files, worst first, with what mends it. */
export function Problems({ problems, onMend }: ProblemsProps) {
  const [all, setAll] = useState(false)
  const announce = useAnnounce()
  if (problems.length === 0) return null
  const sorted = problems.toSorted((a, b) => Number(b.level === 'stop') - Number(a.level === 'stop'))
  const shown = all ? sorted : sorted.slice(0, few)
  return (
    <div className={css.spaced}>
      <Preflight
        label="What is wrong in the two files"
        items={shown.map(({ code, level, file, path, line, finding, fix, edit }, index) => ({
          key: `${code}${path}${index}`,
          title: path === '' ? file : path,
          tone: level === 'stop' ? 'bad' : 'warn',
          finding: (
            <>
              {finding}{' '}
              <span className="note nowrap">
                {file}
                {line !== null && `, line ${line}`}
              </span>
            </>
          ),
          fix,
          ...(edit && {
            actions: (
              <Button
                size="small"
                onClick={() => {
                  onMend(edit)
                  announce(`${pathText(edit.path)} will be changed; see the difference`)
                }}
              >
                Mend it
              </Button>
            ),
          }),
        }))}
      />
      {sorted.length > shown.length && (
        <Button size="small" onClick={() => setAll(true)}>
          Show {counted(sorted.length - shown.length, 'more', 'more')}
        </Button>
      )}
    </div>
  )
}
