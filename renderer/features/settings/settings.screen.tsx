import { useState } from 'react'
import { useStore } from 'zustand'
import type { Settings } from '../../../shared/contract/app.ts'
import { useDeed, useStores } from '../../app/app-context.tsx'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import type { RouteOf } from '../../app/router.ts'
import {
  Button,
  Checkbox,
  Facts,
  Field,
  Form,
  FormFoot,
  PageBody,
  PageHeader,
  PathText,
  Section,
  Segmented,
  TextField,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import { isChanged, typedOf, withTyped, wrongIn } from './model.ts'
import css from './settings.module.css'
import { VaultPart } from './vault-part.tsx'

/** What belongs to this console: where secrets are kept, how it looks, what runs begin with. */
export function SettingsScreen({ route: _ }: { route: RouteOf<'settings'> }) {
  const { settings } = useStores()
  const value = useStore(settings, state => state.value)
  const failure = useStore(settings, state => state.failure)
  return (
    <>
      <PageHeader
        title="Settings"
        lead="For this console and this user. Plans and servers have settings of their own."
      />
      <PageBody>
        <div className={css.page}>
          <div className={css.column}>
            <VaultPart />
            <AboutPart />
          </div>
          <div className={css.column}>
            {value ? (
              <>
                <LooksPart settings={value} />
                <RunsPart settings={value} />
              </>
            ) : failure ? (
              <Trouble
                failure={failure}
                actions={<Button onClick={() => void settings.refresh()}>Ask again</Button>}
              />
            ) : (
              <p className="muted">Asking for the settings</p>
            )}
          </div>
        </div>
      </PageBody>
    </>
  )
}

type Part = { settings: Settings }

/** Takes effect at once, so there is nothing to save. */
function LooksPart({ settings }: Part) {
  const stores = useStores()
  const save = useDeed((_options, next: Settings) => stores.saveSettings(next))
  return (
    <Section title="Appearance and keys">
      <div className={css.part}>
        <Field group label="Colours" hint="System follows the setting of this machine.">
          <Segmented
            value={settings.theme}
            onChange={theme => void save.run({ ...settings, theme })}
            options={[
              { value: 'system', text: 'System' },
              { value: 'light', text: 'Light' },
              { value: 'dark', text: 'Dark' },
            ]}
          />
        </Field>
        <Checkbox
          checked={settings.letterKeys}
          onChange={letterKeys => void save.run({ ...settings, letterKeys })}
          detail="G and a letter for a page, / for the search, ? for the list of all keys. F6, arrows, Enter and Ctrl+Enter work either way."
        >
          Letter keys
        </Checkbox>
        {save.failure && <Trouble failure={save.failure} />}
      </div>
    </Section>
  )
}

function RunsPart({ settings }: Part) {
  const stores = useStores()
  const announce = useAnnounce()
  const [typed, setTyped] = useState(() => typedOf(settings))
  const [asked, setAsked] = useState(false)
  const save = useDeed((_options, next: Settings) => stores.saveSettings(next))
  const all = wrongIn(typed)
  const wrong = asked ? all : {}
  const dirty = isChanged(settings, typed)
  const submit = async () => {
    setAsked(true)
    if (Object.keys(all).length > 0 || !dirty) return
    const next = withTyped(settings, typed)
    const answer = await save.run(next)
    if (!answer?.ok) return
    setTyped(typedOf(answer.value))
    setAsked(false)
    announce('The settings are saved.')
  }
  const off = !dirty
    ? 'nothing has changed'
    : asked && Object.keys(all).length > 0
      ? 'a field needs a change'
      : null
  return (
    <Section title="Runs and the trash">
      <Form label="Runs and the trash" onSubmit={() => void submit()} className={css.part}>
        <div className={css.narrow}>
          <Field
            optional
            label="Speed, at most"
            error={wrong.limit}
            hint="For each run that sets none of its own, as in 20 MB/s. Empty: as fast as it goes."
          >
            <TextField value={typed.limit} onChange={limit => setTyped({ ...typed, limit })} />
          </Field>
        </div>
        <div className={css.narrow}>
          <Field
            label="Days in the trash"
            error={wrong.trashDays}
            hint="A removed restore point can be put back for so long. It counts for what is removed from now on."
          >
            <TextField
              inputMode="numeric"
              unit="days"
              value={typed.trashDays}
              onChange={trashDays => setTyped({ ...typed, trashDays })}
            />
          </Field>
        </div>
        <div className={css.narrow}>
          <Field
            label="Days a run is remembered"
            error={wrong.runDays}
            hint="Backups, verifications and copies that went well are forgotten after so long. Restores stay, with their proofs, and so does whatever failed."
          >
            <TextField
              inputMode="numeric"
              unit="days"
              value={typed.runDays}
              onChange={runDays => setTyped({ ...typed, runDays })}
            />
          </Field>
        </div>
        <FormFoot>
          <Button type="submit" busy={save.busy} off={off} offAt="elsewhere">
            Save
          </Button>
          {dirty && (
            <Button
              kind="quiet"
              onClick={() => {
                setTyped(typedOf(settings))
                setAsked(false)
              }}
            >
              Undo changes
            </Button>
          )}
          {off !== null && <span className="note">Off: {off}.</span>}
        </FormFoot>
        {save.failure && <Trouble failure={save.failure} />}
      </Form>
      <LeaveGuard dirty={dirty} what="the settings" />
    </Section>
  )
}

function AboutPart() {
  const about = useStore(useStores().about, ({ value }) => value)
  return (
    <Section title="About">
      <div className={css.part}>
        <Facts
          names="8rem"
          facts={[
            ['Drydock', about?.version ?? 'asking'],
            [
              'Runs as',
              about?.shell === 'desktop' ? 'desktop application' : 'console server, on this machine only',
            ],
            ['Machine', about ? `${about.host}, ${about.platform}` : 'asking'],
            ['User', about?.user ?? 'asking'],
            ['Node', about?.node ?? 'asking'],
            ['State folder', about ? <PathText key="home" path={about.home} /> : 'asking'],
            ['Time zone', about?.zone ?? 'asking'],
            [
              'Licence',
              'Apache 2.0. Typeface IBM Plex (OFL 1.1), icons Lucide (ISC). No account, no telemetry, no download at run time.',
            ],
          ]}
        />
      </div>
    </Section>
  )
}
