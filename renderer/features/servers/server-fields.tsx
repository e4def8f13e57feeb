import { PathField } from '../../app/parts/path-field.tsx'
import { Field, FormRow, Notice, Segmented, Select, TextArea } from '../../ui/index.ts'
import { HostKeyField } from './host-key.tsx'
import { More } from './more.tsx'
import { Secrets, SessionToken } from './secrets.tsx'
import { TextIn } from './text-in.tsx'
import type { ServerForm } from './use-server-form.ts'

const sites = [
  { value: 'on-site', text: 'On site' },
  { value: 'off-site', text: 'Off site' },
  { value: 'air-gap', text: 'Air gap' },
  { value: '', text: 'Not said' },
] as const

/** All fields of a server, by its type. */
export function ServerFields({ form }: { form: ServerForm }) {
  const { type } = form.draft
  return (
    <>
      <TextIn plain form={form} path="name" label="Name" placeholder={`for example ${examples[type]}`} />
      {type === 's3' && <S3 form={form} />}
      {type === 'azure' && <Azure form={form} />}
      {type === 'sftp' && <Sftp form={form} />}
      {type === 'ftp' && <Ftp form={form} />}
      {type === 'local' && (
        <PathField
          label="Folder"
          hint="On this machine; made when it is not there. A small file in it lets Drydock know this disk again."
          error={form.wrong['path']}
          value={form.draft.text['path'] ?? ''}
          onChange={value => form.set('path', value)}
        />
      )}
      <Field
        group
        label="Where it stands"
        error={form.wrong['site']}
        hint="What a fire in this building, or an attacker in this network, would leave."
      >
        <Segmented
          value={form.draft.site ?? ''}
          onChange={site => form.setSite(site === '' ? null : site)}
          options={sites}
        />
      </Field>
    </>
  )
}
const examples = { s3: 'minio', azure: 'archive', sftp: 'branch-depot', ftp: 'branch-depot', local: 'usb-04' }

type Part = { form: ServerForm }

function S3({ form }: Part) {
  return (
    <>
      <TextIn
        optional
        form={form}
        path="endpoint"
        label="URL"
        placeholder="https://192.0.2.11:9000"
        hint="Empty for AWS itself."
      />
      <FormRow>
        <TextIn form={form} path="bucket" label="Bucket" />
        <TextIn optional form={form} path="prefix" label="Folder" />
      </FormRow>
      <Secrets form={form} />
      <More form={form} paths={['region', 'pathStyle', 'ca', 'secrets.sessionToken']}>
        <SessionToken form={form} />
        <TextIn form={form} path="region" label="Region" hint="Most stores other than AWS take us-east-1." />
        <Field group label="How the bucket is named" error={form.wrong['pathStyle']}>
          <Segmented
            value={form.draft.text['pathStyle'] ?? 'auto'}
            onChange={value => form.set('pathStyle', value)}
            options={[
              { value: 'auto', text: 'As usual' },
              { value: 'path', text: 'In the path' },
              { value: 'host', text: 'In the host' },
            ]}
          />
        </Field>
        <Certificate form={form} />
      </More>
    </>
  )
}

function Azure({ form }: Part) {
  return (
    <>
      <FormRow>
        <TextIn
          form={form}
          path="account"
          label="Storage account"
          optional={form.draft.login === 'connectionString'}
        />
        <TextIn form={form} path="container" label="Container" />
      </FormRow>
      <Secrets form={form} />
      <TextIn optional form={form} path="prefix" label="Folder" />
      <More form={form} paths={['endpoint', 'ca']}>
        <TextIn
          optional
          form={form}
          path="endpoint"
          label="URL"
          placeholder="https://account.blob.core.windows.net"
          hint="Only where it is not Azure's own."
        />
        <Certificate form={form} />
      </More>
    </>
  )
}

function Sftp({ form }: Part) {
  const jump = form.draft.text['jump'] === 'on'
  return (
    <>
      <FormRow columns="minmax(0, 1fr) 5rem">
        <TextIn form={form} path="host" label="Host" placeholder="sftp.example.com" />
        <TextIn numeric form={form} path="port" label="Port" />
      </FormRow>
      <FormRow>
        <TextIn form={form} path="user" label="User" />
        <TextIn optional form={form} path="path" label="Folder" placeholder="/srv/drydock" />
      </FormRow>
      <HostKeyField form={form} path="hostKey" label="Host key" />
      <Secrets form={form} />
      <Field group label="Way there">
        <Segmented
          value={jump ? 'on' : ''}
          onChange={value => form.set('jump', value)}
          options={[
            { value: '', text: 'Directly' },
            { value: 'on', text: 'Through a jump host' },
          ]}
        />
      </Field>
      {jump && (
        <>
          <FormRow columns="minmax(0, 1fr) 5rem">
            <TextIn form={form} path="jump.host" label="Jump host" />
            <TextIn numeric form={form} path="jump.port" label="Its port" />
          </FormRow>
          <TextIn form={form} path="jump.user" label="User on the jump host" />
          <HostKeyField form={form} path="jump.hostKey" label="Host key of the jump host" />
        </>
      )}
    </>
  )
}

function Ftp({ form }: Part) {
  const tls = form.draft.text['tls'] ?? 'explicit'
  return (
    <>
      <FormRow columns="minmax(0, 1fr) 5rem">
        <TextIn form={form} path="host" label="Host" placeholder="ftp.example.com" />
        <TextIn
          numeric
          optional
          form={form}
          path="port"
          label="Port"
          placeholder={tls === 'implicit' ? '990' : '21'}
        />
      </FormRow>
      <FormRow>
        <TextIn form={form} path="user" label="User" />
        <TextIn optional form={form} path="path" label="Folder" />
      </FormRow>
      <Secrets form={form} />
      <Field label="Encryption on the way" error={form.wrong['tls']}>
        <Select
          value={tls}
          onChange={value => form.set('tls', value)}
          options={[
            { value: 'explicit', text: 'TLS, asked for after connecting (explicit)' },
            { value: 'implicit', text: 'TLS from the first byte (implicit, port 990)' },
            { value: 'none', text: 'None: password and data in clear' },
          ]}
        />
      </Field>
      {tls === 'none' && (
        <Notice tone="warn">
          <b>Everybody on the way can read the password.</b> So they can read every backup that is not
          encrypted by its plan, and change it. Choose this only inside a network that you trust.
        </Notice>
      )}
      {tls !== 'none' && (
        <More form={form} paths={['ca']}>
          <Certificate form={form} />
        </More>
      )}
    </>
  )
}

function Certificate({ form }: Part) {
  return (
    <Field
      optional
      label="Certificate of your own authority"
      error={form.wrong['ca']}
      hint="PEM text, beginning with -----BEGIN CERTIFICATE-----. Trusted beside those of the system."
    >
      <TextArea code rows={3} value={form.draft.text['ca'] ?? ''} onChange={value => form.set('ca', value)} />
    </Field>
  )
}
