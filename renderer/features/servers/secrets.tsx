import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'
import { href } from '../../app/router.ts'
import { Button, Field, Notice, SecretField, Segmented, TierBadge } from '../../ui/index.ts'
import type { Login } from './draft.ts'
import { TextIn } from './text-in.tsx'
import type { ServerForm } from './use-server-form.ts'

type Part = { form: ServerForm }

/** The secrets of a type: typed once, kept in the vault, never shown again. */
export function Secrets({ form }: Part) {
  return (
    <>
      <Ways form={form} />
      <Inputs form={form} />
      {form.draft.login !== 'profile' && form.draft.login !== 'agent' && <WhereKept />}
    </>
  )
}

const ways = {
  s3: [
    { value: 'keys', text: 'Access key' },
    { value: 'profile', text: 'AWS profile' },
  ],
  azure: [
    { value: 'accountKey', text: 'Account key' },
    { value: 'sas', text: 'SAS' },
    { value: 'connectionString', text: 'Connection string' },
  ],
  sftp: [
    { value: 'password', text: 'Password' },
    { value: 'privateKey', text: 'Private key' },
    { value: 'agent', text: 'SSH agent' },
  ],
  ftp: [],
  local: [],
} as const

function Ways({ form }: Part) {
  const { type, secrets, login } = form.draft
  const options: readonly { value: Login; text: string }[] = ways[type]
  // What is stored stays until it is replaced, and only the vault knows which of them it is.
  if (options.length === 0 || (secrets === null && type !== 's3')) return null
  return (
    <Field group label="Sign in with" error={form.wrong['login']}>
      <Segmented
        value={login}
        onChange={value => {
          form.setLogin(value)
          if (value === 'keys' && form.stored) form.replaceSecrets(false)
        }}
        options={options}
      />
    </Field>
  )
}

const keepsNone = ({ stored }: ServerForm) =>
  stored ? 'saving takes the stored secret out of the vault.' : 'Drydock keeps no secret then.'

function Inputs({ form }: Part) {
  const { draft, stored, wrong } = form
  const { type, login, secrets } = draft
  if (login === 'profile')
    return (
      <TextIn
        form={form}
        path="profile"
        label="Profile"
        hint={`Of the AWS configuration files of this user; ${keepsNone(form)}`}
      />
    )
  if (login === 'agent')
    return <p className="note">The agent that runs for this user signs; {keepsNone(form)}</p>
  const one = (key: string, label: string, more: { optional?: boolean; lines?: boolean } = {}) => (
    <Field key={key} label={label} error={wrong[`secrets.${key}`]} {...(more.optional && { optional: true })}>
      <SecretField
        name={label}
        stored={stored && secrets === null}
        value={secrets === null ? null : (secrets[key] ?? '')}
        onChange={value => form.setSecret(key, value)}
        {...(key === 'accessKeyId' && { hint: form.hint })}
        {...(more.lines && { lines: true })}
      />
    </Field>
  )
  if (secrets === null && (type === 'sftp' || type === 'azure'))
    return (
      <Field label={type === 'sftp' ? 'Password or key' : 'Secret'} error={wrong['secrets']}>
        <SecretField
          name={type === 'sftp' ? 'Password or key' : 'Secret'}
          stored
          value={null}
          onChange={() => form.replaceSecrets(true)}
        />
      </Field>
    )
  const keep = stored && secrets !== null && (
    <span>
      <Button size="small" icon="undo-2" onClick={() => form.replaceSecrets(false)}>
        Keep what is stored
      </Button>
    </span>
  )
  if (login === 'privateKey')
    return (
      <>
        {one('privateKey', 'Private key', { lines: true })}
        {one('keyPassphrase', 'Passphrase of the key', { optional: true })}
        {keep}
      </>
    )
  if (login === 'keys')
    return (
      <>
        {one('accessKeyId', 'Access key')}
        {one('secretAccessKey', 'Secret key')}
        {keep}
      </>
    )
  const label = {
    accountKey: 'Account key',
    sas: 'Shared access signature',
    connectionString: 'Connection string',
  }
  return (
    <>
      {one(login, login in label ? label[login as keyof typeof label] : 'Password')}
      {wrong['secrets'] !== undefined && <Notice tone="bad">{wrong['secrets']}</Notice>}
      {keep}
    </>
  )
}

/** Of keys that are lent for some hours. */
export function SessionToken({ form }: Part) {
  const { login, secrets } = form.draft
  if (login !== 'keys' || secrets === null) return null
  return (
    <Field optional label="Session token" error={form.wrong['secrets.sessionToken']}>
      <SecretField
        name="Session token"
        stored={false}
        value={secrets['sessionToken'] ?? ''}
        onChange={value => form.setSecret('sessionToken', value)}
      />
    </Field>
  )
}

/** The tier that will hold what is typed, before it is typed. */
function WhereKept() {
  const vault = useStore(useStores().vault, ({ value }) => value)
  if (!vault) return null
  const settings = <a href={href({ page: 'settings' })}>Settings</a>
  if (vault.state === 'locked')
    return (
      <Notice tone="warn">
        <b>The vault is locked.</b> Nothing can be saved with a secret until it is unlocked under {settings}.
      </Notice>
    )
  return (
    <TierBadge tier={vault.tier} prefix="Secrets: ">
      {vault.tier === 'memory'
        ? 'Kept in memory, gone when Drydock ends. Scheduled runs cannot use it then.'
        : (vault.warning ?? `${capital(vault.about)}. Never written to a file in clear.`)}{' '}
      {settings}
    </TierBadge>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
