import type { DeploymentInfo } from '../../../shared/contract/director.ts'
import { fingerprintPattern, hostPattern, serverNamePattern, userPattern } from '../../../shared/address.ts'
import type { Deployment, DeploymentPlace } from '../../../shared/director.ts'
import type { Failure } from '../../../shared/failure.ts'

/** A deployment folder as it is being typed. Secrets live in the form alone, and go to the vault with the save. */
export type DeploymentDraft = {
  kind: DeploymentPlace['kind']
  login: 'password' | 'privateKey' | 'agent'
  /** By the path of the field: `name`, `place.folder`, `place.jump.host`. */
  text: Readonly<Record<string, string>>
  jump: boolean
  /** Null: those that are stored stay. */
  secrets: { password: string; privateKey: string; keyPassphrase: string } | null
}

export const noSecrets = { password: '', privateKey: '', keyPassphrase: '' } as const

export function draftOf(info: DeploymentInfo | null): DeploymentDraft {
  const place = info?.record.place
  const ssh = place?.kind === 'ssh' ? place : null
  return {
    kind: place?.kind ?? 'ssh',
    login: 'password',
    jump: ssh?.jump !== undefined,
    secrets: info && info.hasSecrets !== false ? null : noSecrets,
    text: {
      name: info?.record.name ?? '',
      directorUrl: info?.record.directorUrl ?? '',
      analyticsUrl: info?.record.analyticsUrl ?? '',
      'place.folder': place?.folder ?? '',
      'place.host': ssh?.host ?? '',
      'place.port': String(ssh?.port ?? 22),
      'place.user': ssh?.user ?? '',
      'place.hostKey': ssh?.hostKey ?? '',
      'place.jump.host': ssh?.jump?.host ?? '',
      'place.jump.port': String(ssh?.jump?.port ?? 22),
      'place.jump.user': ssh?.jump?.user ?? '',
      'place.jump.hostKey': ssh?.jump?.hostKey ?? '',
    },
  }
}

/** What `director.save` gets. @param present what is saved now, for what this form does not show */
export function recordOf(draft: DeploymentDraft, present: Deployment | null): Record<string, unknown> {
  const of = (key: string) => (draft.text[key] ?? '').trim()
  const some = (key: string, as = key.slice(key.lastIndexOf('.') + 1)) =>
    of(key) === '' ? {} : { [as]: of(key) }
  const folder = of('place.folder')
  const {
    name: _,
    place: _place,
    directorUrl: _page,
    analyticsUrl: _other,
    added: _at,
    ...kept
  } = present ?? {}
  const login = (at: string) => ({
    host: of(`${at}.host`),
    port: of(`${at}.port`) === '' ? 22 : Number(of(`${at}.port`)),
    user: of(`${at}.user`),
    ...some(`${at}.hostKey`),
  })
  return {
    hostKeys: {},
    ...kept,
    name: of('name'),
    place:
      draft.kind === 'local'
        ? { kind: 'local', folder }
        : { kind: 'ssh', folder, ...login('place'), ...(draft.jump && { jump: login('place.jump') }) },
    ...some('directorUrl'),
    ...some('analyticsUrl'),
  }
}

/** Null keeps what is stored. */
export function secretsOf({ kind, login, secrets }: DeploymentDraft): Record<string, string> | null {
  if (secrets === null || kind === 'local') return null
  if (login === 'agent') return {}
  if (login === 'password') return { password: secrets.password }
  const { privateKey, keyPassphrase } = secrets
  return { privateKey, ...(keyPassphrase !== '' && { keyPassphrase }) }
}

type Rule = { fits: (text: string) => boolean; words: string }

const isPage = (text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? '')
const hostRule: Rule = { fits: text => hostPattern.test(text), words: 'A host name or address.' }
const portRule: Rule = {
  fits: text => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535,
  words: 'A port from 1 to 65535.',
}
const keyRule: Rule = {
  fits: text => fingerprintPattern.test(text),
  words: 'SHA256:… as ssh-keygen -l prints it.',
}
const folderRule: Rule = {
  fits: text => !/\p{Cc}/u.test(text) && text.length <= 4096,
  words: 'Give the folder.',
}
const userRule = (words: string): Rule => ({ fits: text => userPattern.test(text), words })

/** What each field has to be; the engine looks again. */
const rules = {
  always: {
    name: { fits: text => serverNamePattern.test(text), words: 'Letters, digits, dot and dash, at most 63.' },
    directorUrl: { fits: isPage, words: 'As in https://director.example.com.' },
    analyticsUrl: { fits: isPage, words: 'As in https://analytics.example.com.' },
    'place.folder': folderRule,
  },
  ssh: {
    'place.host': hostRule,
    'place.port': portRule,
    'place.user': userRule('The user that may run setup.sh.'),
    'place.hostKey': keyRule,
  },
  jump: {
    'place.jump.host': hostRule,
    'place.jump.port': portRule,
    'place.jump.user': userRule('A user of the jump host.'),
    'place.jump.hostKey': keyRule,
  },
} as const satisfies Record<string, Record<string, Rule>>
/** Those that may stay empty: a port is the usual one then. */
const optional = /Url$|[kK]ey$|port$/

/** Fields that need a change, with one line each. */
export function wrongFields(draft: DeploymentDraft): Record<string, string> {
  const wrong: Record<string, string> = {}
  const asked: Record<string, Rule> = {
    ...rules.always,
    ...(draft.kind === 'ssh' && rules.ssh),
    ...(draft.kind === 'ssh' && draft.jump && rules.jump),
  }
  for (const [field, { fits, words }] of Object.entries(asked)) {
    const text = (draft.text[field] ?? '').trim()
    if (text === '' ? !optional.test(field) : !fits(text)) wrong[field] = words
  }
  const folder = (draft.text['place.folder'] ?? '').trim()
  if (draft.kind === 'local' && folder !== '' && !/^(?:\/|[A-Za-z]:[\\/])/.test(folder))
    wrong['place.folder'] = 'Give it from the root on, as /opt/zwan/deployment/setup.'
  if (draft.kind === 'ssh' && draft.secrets !== null && draft.login !== 'agent')
    if (draft.secrets[draft.login] === '')
      wrong[`secrets.${draft.login}`] = draft.login === 'password' ? 'Give the password.' : 'Paste the key.'
  return wrong
}

/** Where a folder lies: `/opt/setup on this machine`, `operator@192.0.2.30:/opt/setup`. */
export function placeWords(place: DeploymentPlace): string {
  if (place.kind === 'local') return `${place.folder} on this machine`
  const port = place.port === 22 ? '' : `, port ${place.port}`
  return `${place.user}@${place.host}:${place.folder}${port}`
}

/** Letters of a place in a list: a list is as wide as its longest line, and cuts at the end. */
const mostShown = 64

/** A line of a list: the name, then where it lies, of which the end says most. */
export function placeOption({ name, place }: Pick<Deployment, 'name' | 'place'>): string {
  const words = placeWords(place)
  const shown = words.length > mostShown ? `…${words.slice(1 - mostShown)}` : words
  return `${name}: ${shown}`
}

/** A host key that nobody has vouched for, as a failure tells it. */
export type ShownKey = { host: string; kind: string; fingerprint: string; jump: boolean }

/** @returns null when the failure is about no unknown host key */
export function shownKey(failure: Failure | null, place: DeploymentPlace): ShownKey | null {
  if (failure?.code !== 'trust.host-key-unknown' || place.kind !== 'ssh') return null
  const [, host = '', kind = '', fingerprint = ''] =
    /(\S+) showed (\S+) (SHA256:[A-Za-z0-9+/]{43})/.exec(failure.detail ?? '') ?? []
  if (fingerprint === '') return null
  const named = ({ host: name, port }: { host: string; port: number }) =>
    port === 22 ? name : `[${name}]:${port}`
  const jump = place.jump !== undefined && named(place.jump) === host && named(place) !== host
  return { host, kind, fingerprint, jump }
}

/** The record with that key pinned. */
export function pinned(record: Deployment, { fingerprint, jump }: ShownKey): Deployment {
  const { place } = record
  if (place.kind !== 'ssh') return record
  return jump && place.jump
    ? { ...record, place: { ...place, jump: { ...place.jump, hostKey: fingerprint } } }
    : { ...record, place: { ...place, hostKey: fingerprint } }
}

/** What a page says when a folder cannot be read, where it knows more than the failure. */
export function readingWords({ code }: Failure, place: string): { title: string; todo?: string } {
  if (code === 'trust.host-key-changed')
    return {
      title: 'The host shows another key than before',
      todo: 'Do not go on: somebody may be in between. Compare the key with what its administrator tells you. Only when the change is real, enter the new fingerprint as the host key of this folder, or take the old key out of known_hosts.',
    }
  if (code === 'auth.rejected')
    return { title: `${place} cannot be read`, todo: 'Change its password or key, then read it again.' }
  return { title: `${place} cannot be read` }
}
