import type { Failure } from '../../../shared/failure.ts'
import type { ServerType } from '../../../shared/server.ts'
import type { Draft } from './draft.ts'

/** Where a failure is shown, and better advice than the command line's. */

/** The field that has to change, by its path, with one line for it; null: it belongs to no field. */
export function fieldOf(failure: Failure, draft: Draft): { path: string; words: string } | null {
  const { code, subject = '', detail } = failure
  switch (code) {
    case 'input.invalid':
      if (subject === 'private key')
        return { path: 'secrets.privateKey', words: sentence(detail ?? 'This is no private key') }
      return subject === '' ? null : { path: subject, words: sentence(detail ?? 'This was not understood') }
    case 'auth.rejected':
      return { path: secretField(draft), words: rejected(draft) }
    case 'auth.secret-missing':
      return { path: secretField(draft), words: sentence(detail ?? 'A secret is needed') }
    case 'auth.passphrase':
      return { path: 'secrets.keyPassphrase', words: sentence(detail ?? 'It does not open the private key') }
    case 'network.unknown-host':
      return { path: hostField(draft.type), words: 'This name cannot be resolved. Check its spelling.' }
    case 'network.unreachable':
      return { path: hostField(draft.type), words: 'Nothing answers there. Check address and port.' }
    case 'remote.no-container':
    case 'remote.not-found':
      return {
        path: placeField(draft.type),
        words:
          draft.type === 'local'
            ? 'This folder is not there, or the disk is not plugged in.'
            : 'The server does not have it. Create it, or correct the name.',
      }
    case 'local.not-found':
      return { path: 'path', words: 'This folder is not there, or the disk is not plugged in.' }
    case 'local.denied':
      return { path: 'path', words: 'This user may not read and write there.' }
    case 'trust.host-key-changed':
    case 'trust.host-key-revoked':
      return { path: hostKeyField(failure, draft), words: 'Not the key this host is known by.' }
    case 'trust.certificate':
      return {
        path: draft.type === 'local' || draft.type === 'sftp' ? 'endpoint' : 'ca',
        words:
          'Its certificate is not signed by an authority this machine trusts. Paste that authority here.',
      }
    case 'trust.plaintext':
      return { path: 'tls', words: 'The server does not offer TLS.' }
    default:
      return null
  }
}

const rejected = ({ type, login }: Draft): string => {
  if (type === 's3') return 'The server refused this key pair.'
  if (login === 'privateKey') return 'The server refused this key.'
  return type === 'azure' ? 'Azure refused this secret.' : 'The server refused this password, or the user.'
}

/** The field of the secret that was used. */
function secretField({ type, login, secrets }: Draft): string {
  if (type === 's3') return login === 'profile' ? 'profile' : 'secrets.secretAccessKey'
  if (secrets === null) return 'secrets'
  return login === 'agent' ? 'login' : `secrets.${login}`
}
const hostField = (type: ServerType) => (type === 's3' || type === 'azure' ? 'endpoint' : 'host')
const placeField = (type: ServerType) => (type === 's3' ? 'bucket' : type === 'azure' ? 'container' : 'path')

/** A key that nobody has vouched for, or that is another than it was. */
export type ShownKey = {
  /** The host that showed it, `[host]:port` where the port is not 22. */
  host: string
  /** `ssh-ed25519` */
  kind: string
  fingerprint: string
  /** What it is known by; null for a host not known yet. */
  known: string | null
  /** Path of the field that pins it. */
  field: 'hostKey' | 'jump.hostKey'
}

/** @returns null when the failure is about no host key */
export function shownKey(failure: Failure | null, draft: Draft): ShownKey | null {
  if (!failure?.code.startsWith('trust.host-key-')) return null
  const [, host = '', kind = '', fingerprint = ''] =
    /^(\S+) showed (\S+) (SHA256:[A-Za-z0-9+/]{43})/.exec(failure.detail ?? '') ?? []
  if (fingerprint === '') return null
  const known = /(?:pinned|known) is (?:\S+ )?(SHA256:[A-Za-z0-9+/]{43})/.exec(failure.detail ?? '')?.[1]
  return { host, kind, fingerprint, known: known ?? null, field: hostKeyField(failure, draft) }
}

function hostKeyField({ detail = '' }: Failure, { text }: Draft): ShownKey['field'] {
  if (text['jump'] !== 'on') return 'hostKey'
  const named = (host: string, port: string) => (port === '22' || port === '' ? host : `[${host}]:${port}`)
  const jump = named(text['jump.host'] ?? '', text['jump.port'] ?? '')
  const goal = named(text['host'] ?? '', text['port'] ?? '')
  return jump !== goal && detail.startsWith(`${jump} showed`) ? 'jump.hostKey' : 'hostKey'
}

/** A title for what is best said in one breath; undefined: what happened is the title. */
export function titleFor({ code }: Failure): string | undefined {
  switch (code) {
    case 'trust.host-key-changed':
      return 'Not the key it is known by. Drydock stopped before signing in.'
    case 'trust.host-key-revoked':
      return 'A revoked key. Drydock stopped before signing in.'
    case 'auth.rejected':
      return 'The server refused to let you in.'
    default:
      return undefined
  }
}

/** What to do about it on this page; undefined: the general advice will do. */
export function adviceFor({ code }: Failure, type: ServerType): string | undefined {
  switch (code) {
    case 'auth.rejected':
      return 'Check the user and the secret, type them again, and check the connection again.'
    case 'auth.secret-missing':
      return type === 'sftp'
        ? 'Start an SSH agent that holds the key, or give a password or a private key.'
        : 'Give the secret and check the connection again.'
    case 'auth.vault-locked':
      return 'Unlock the vault under Settings, then check the connection again.'
    case 'auth.vault-unavailable':
      return 'Choose another place for secrets under Settings.'
    case 'network.unreachable':
      return 'Check address, port, network and firewall, then check the connection again.'
    case 'network.interrupted':
    case 'network.stalled':
    case 'network.throttled':
      return 'Check the connection again when the network is better.'
    case 'trust.host-key-changed':
      return 'Ask whoever runs the server for its key and compare. If it differs, leave this blocked and report it. If the change is real, put the new fingerprint into the field Host key.'
    case 'trust.certificate':
      return 'If your own authority signed it, paste that certificate under More settings. Check name, dates and the clock of this machine.'
    case 'trust.plaintext':
      return 'Turn TLS on at the server. Without it, everybody on the way can read password and data.'
    case 'remote.no-container':
    case 'remote.not-found':
      return type === 'local'
        ? 'Plug the disk in, or correct the folder here; then check the connection again.'
        : 'Create it on the server, or correct its name here.'
    case 'remote.failed':
    case 'remote.wrong-answer':
      return 'Check address and port, and whether a proxy stands in between; then check the connection again.'
    case 'remote.unsupported':
      return 'The lines below say what it cannot do. Use another server, or have it set up otherwise.'
    default:
      return undefined
  }
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`
