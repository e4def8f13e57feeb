import { isIP } from 'node:net'
import { EngineError } from '../../engine/engine-error.ts'

/**
 * The address to listen on. Only loopback: what passes over a network would need TLS and a passphrase, and this
 * version has neither, so that it says so instead of opening a machine's backups to its network.
 */
export function loopbackAddress(asked: string | undefined): string {
  if (asked === undefined || asked === 'localhost') return '127.0.0.1'
  const address = asked.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))) return address
  throw new EngineError('input.invalid', 'console.listen', {
    subject: asked.slice(0, 60),
    detail:
      'the console listens on this machine only (127.0.0.1 or ::1); on any other address it would need TLS and a ' +
      'passphrase, which this version does not have. From another machine use a tunnel: ' +
      'ssh -L 8377:127.0.0.1:8377 USER@THIS-HOST',
  })
}
