import { useState } from 'react'
import { useStore } from 'zustand'
import type { VaultStatus } from '../../../shared/contract/app.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { counted } from '../../app/format.ts'
import {
  Button,
  Dialog,
  Field,
  Form,
  FormFoot,
  Notice,
  Section,
  Status,
  TextField,
  TierBadge,
  tierName,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import css from './settings.module.css'

type Tier = VaultStatus['others'][number]

/** Where secrets are kept: its tier by name, opening it, and moving them to a better one. */
export function VaultPart() {
  const { vault } = useStores()
  const value = useStore(vault, state => state.value)
  const failure = useStore(vault, state => state.failure)
  const [moving, setMoving] = useState<Tier | null>(null)
  return (
    <Section
      title="Where secrets are kept"
      {...(value && {
        side:
          value.state === 'open' ? (
            <Status is="Open" />
          ) : value.state === 'locked' ? (
            <Status is="Locked" />
          ) : (
            <Status is="Failed" says="Not available" />
          ),
      })}
    >
      <div className={css.part}>
        {!value && failure && <Trouble failure={failure} />}
        {!value && !failure && <p className="muted">Asking for the vault</p>}
        {value && (
          <>
            <TierBadge tier={value.tier}>
              {tierWords[value.tier]} Now: {value.about}.
            </TierBadge>
            {value.warning !== undefined && <Notice tone="warn">{sentence(value.warning)}</Notice>}
            {value.waiting > 0 && (
              <Notice tone="warn">
                <b>{counted(value.waiting, 'plan waits', 'plans wait')} for the vault.</b> They run as soon as
                it is open.
              </Notice>
            )}
            {value.state === 'locked' && <Unlock made={value.made} />}
            {value.state === 'unavailable' && (
              <Notice tone="bad">
                <b>The vault cannot be opened here.</b> Servers with secrets cannot be used until it can. Log
                in to the desktop, or unlock its keyring; it is tried again by itself.
              </Notice>
            )}
            {value.state === 'open' && <Move status={value} onMove={setMoving} />}
            <p className="note">
              Secrets go in and never come out: no page, file, log or report shows one. Keep passphrases of
              backups written down elsewhere too.
            </p>
          </>
        )}
      </div>
      {moving && value && <MoveDialog to={moving} status={value} onClose={() => setMoving(null)} />}
    </Section>
  )
}

const tierWords = {
  keychain: 'Opens with your login. Scheduled runs can use it while you are logged in.',
  passphrase: 'Opens with a passphrase. Scheduled runs need one unlock after each start.',
  memory: 'Kept in memory, gone when Drydock ends. Scheduled runs cannot use it after a restart.',
} as const satisfies Record<VaultStatus['tier'], string>

function Unlock({ made }: { made: boolean }) {
  const { vault, servers } = useStores()
  const call = useCall()
  const announce = useAnnounce()
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const deed = useDeed((options, given: string) =>
    call('vault.unlock', { passphrase: given, create: !made }, options),
  )
  const off =
    passphrase === ''
      ? 'type the passphrase first'
      : !made && passphrase !== again
        ? 'type it once more, the same'
        : null
  const unlock = async () => {
    if (off !== null) return
    const answer = await deed.run(passphrase)
    if (!answer?.ok) return
    setPassphrase('')
    setAgain('')
    vault.take(answer.value)
    announce('The vault is open.')
    await servers.refresh()
  }
  const refused = deed.failure?.code === 'auth.passphrase'
  const verb = made ? 'Unlock' : 'Make'
  return (
    <Form label={`${verb} the vault`} onSubmit={() => void unlock()} className={css.narrow}>
      <Field
        label={made ? 'Passphrase of the vault' : 'New passphrase of the vault'}
        error={
          refused ? 'This passphrase does not open it. Check keyboard layout and capital letters.' : null
        }
      >
        <TextField
          secret
          code
          value={passphrase}
          onChange={next => {
            setPassphrase(next)
            deed.clear()
          }}
        />
      </Field>
      {!made && (
        <Field
          label="The same again"
          error={again !== '' && passphrase !== again ? 'This is not the same.' : null}
          hint="Nobody can open the vault without it, and nothing can bring it back."
        >
          <TextField secret code value={again} onChange={setAgain} />
        </Field>
      )}
      <FormFoot>
        <Button type="submit" icon="lock-open" busy={deed.busy} off={off}>
          {verb} the vault
        </Button>
      </FormFoot>
      {deed.failure && !refused && <Trouble failure={deed.failure} />}
    </Form>
  )
}

function Move({ status, onMove }: { status: VaultStatus; onMove: (tier: Tier) => void }) {
  if (status.others.length === 0)
    return (
      <p className="note">The environment (DRYDOCK_VAULT) chooses this place; it cannot be changed here.</p>
    )
  return (
    <div className={css.buttons}>
      {status.others.map(tier => (
        <Button
          key={tier}
          // Memory is chosen by itself only after the keychain was tried.
          off={
            tier === 'keychain' && status.tier === 'memory'
              ? 'the keychain was tried and cannot be used; start Drydock again once it can'
              : null
          }
          offAt="beside"
          onClick={() => onMove(tier)}
        >
          Move secrets to the {tierName(tier).toLowerCase()}
        </Button>
      ))}
    </div>
  )
}

/** Carries every secret over; none is removed here before it was read back there. */
function MoveDialog({ to, status, onClose }: { to: Tier; status: VaultStatus; onClose: () => void }) {
  const { vault } = useStores()
  const call = useCall()
  const announce = useAnnounce()
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const asks = to === 'passphrase'
  const fresh = asks && !status.made
  const deed = useDeed(options =>
    call(
      'vault.move',
      { tier: to === 'keychain' ? 'keychain' : 'passphrase', ...(asks && { passphrase }) },
      options,
    ),
  )
  const differs = fresh && again !== '' && passphrase !== again
  const off = !asks
    ? null
    : passphrase === ''
      ? 'type the passphrase first'
      : fresh && passphrase !== again
        ? 'type it once more, the same'
        : null
  const move = async () => {
    if (off !== null) return
    const answer = await deed.run()
    if (!answer?.ok) return
    vault.take(answer.value)
    announce(`The secrets are in the ${tierName(to).toLowerCase()} now.`)
    onClose()
  }
  const refused = deed.failure?.code === 'auth.passphrase'
  return (
    <Dialog
      open
      escape="closes"
      title={`Move every secret to the ${tierName(to).toLowerCase()}?`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Leave them where they are</Button>
          <Button kind="primary" busy={deed.busy} off={off} onClick={() => void move()}>
            Move secrets
          </Button>
        </>
      }
    >
      <p>{tierWords[to]} Each secret is read back there before it is removed here.</p>
      {asks && (
        <Field
          label={fresh ? 'New passphrase' : 'Passphrase of the vault that is there already'}
          error={refused ? 'This passphrase does not open it.' : null}
          {...(fresh && {
            hint: 'Nobody can recover it. Write it down where you can find it on the worst day.',
          })}
        >
          <TextField
            secret
            code
            value={passphrase}
            onChange={next => {
              setPassphrase(next)
              deed.clear()
            }}
          />
        </Field>
      )}
      {fresh && (
        <Field label="Once more" error={differs ? 'It differs from the first.' : null}>
          <TextField secret code value={again} onChange={setAgain} onEnter={() => void move()} />
        </Field>
      )}
      {deed.failure && !refused && <Trouble failure={deed.failure} />}
    </Dialog>
  )
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
