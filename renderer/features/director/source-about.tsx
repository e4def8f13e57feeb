import type { ServerRecord } from '../../../shared/server.ts'
import { Columns, Facts, Field, Notice, Section, Segmented } from '../../ui/index.ts'
import css from './director.module.css'
import type { How } from './model.ts'
import { type Holding, toldOf } from './sources.ts'

type Props = {
  record: ServerRecord
  holding: Holding
  fetch: How['fetch']
  onFetch: (fetch: How['fetch']) => void
}

/** What the chosen server means for the restore: what `setup.sh` is told, or how it is served instead. */
export function SourceAbout({ record, holding, fetch, onFetch }: Props) {
  const { notDirect, vendorOwned } = holding
  const told = [
    ...toldOf(record).map(([name, value]) => [name, <code key={name}>{value}</code>] as const),
    ['Keys', 'from the vault, typed in by Drydock, never shown or logged'] as const,
  ]
  return (
    <div className={css.about}>
      <Columns columns="minmax(0, 1fr) minmax(0, 1fr)">
        <section>
          <Section title="How the files get there">
            <div className={css.part}>
              <Field
                group
                label="The hosts get them"
                {...(notDirect !== null && {
                  hint: `Straight from the server is off: ${notDirect}.`,
                })}
              >
                <Segmented
                  value={fetch}
                  onChange={onFetch}
                  options={[
                    { value: 'direct', text: 'From the server', off: notDirect },
                    { value: 'served', text: 'Through Drydock' },
                  ]}
                />
              </Field>
            </div>
            {fetch === 'direct' && <Facts tight names="7.5rem" facts={told} />}
            {fetch === 'served' && (
              <p>
                Drydock copies the five files to the deployment host, where a small server gives them to
                setup.sh over FTP, inside that network only. It has a password of its own, answers only the
                hosts of master.yml, goes on when this computer is closed, and removes itself and the copy at
                the end.
              </p>
            )}
          </Section>
        </section>
        <section>
          <Section title="What happens to the server">
            {vendorOwned ? (
              <div className={css.part}>
                <Notice tone="idle">
                  <b>{record.name} belongs to the vendor’s continuous backup.</b> It holds dcrepository or
                  drrepository. Drydock lists and reads there, and writes nothing: no manifest, no marker, no
                  test file.
                </Notice>
              </div>
            ) : (
              <p className={css.part}>
                Its files are listed and read. Nothing is written there and nothing is removed.
              </p>
            )}
          </Section>
        </section>
      </Columns>
    </div>
  )
}
