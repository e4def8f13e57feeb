import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** `good` is for 127.0.0.1, 127.0.0.2 and localhost; `other-host` for another name; `expired` ended in the past. */
export type CertificateKind = 'good' | 'other-host' | 'expired'

export type TestCertificate = {
  /** PEM of the authority that signed it. */
  ca: string
  certificateFile: string
  keyFile: string
}

/** Makes an authority and a certificate signed by it with openssl, in `folder`. The keys never leave it. */
export async function makeCertificate(folder: string, kind: CertificateKind): Promise<TestCertificate> {
  const at = (name: string): string => path.join(folder, name)
  const openssl = (...args: string[]): Promise<unknown> => exec('openssl', args, { cwd: folder })
  const rsa = ['-newkey', 'rsa:2048', '-nodes']
  await openssl(
    ...['req', '-x509', ...rsa, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '30'],
    ...['-subj', '/CN=Drydock test authority'],
  )
  await openssl(
    'req',
    ...rsa,
    '-keyout',
    at('server.key'),
    '-out',
    at('server.csr'),
    '-subj',
    '/CN=Drydock test server',
  )
  const names = kind === 'other-host' ? 'DNS:elsewhere.invalid' : 'IP:127.0.0.1,IP:127.0.0.2,DNS:localhost'
  await writeFile(at('server.ext'), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`)
  // `openssl ca` is the one command of OpenSSL 3.0 that takes dates in the past.
  await writeFile(at('index.txt'), '')
  await writeFile(at('ca.cnf'), caConfig(folder))
  const dates =
    kind === 'expired' ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'] : ['-days', '30']
  await openssl(
    ...[
      'ca',
      '-batch',
      '-notext',
      '-config',
      at('ca.cnf'),
      '-in',
      at('server.csr'),
      '-out',
      at('server.pem'),
    ],
    ...['-extfile', at('server.ext'), ...dates],
  )
  return {
    ca: await readFile(at('ca.pem'), 'utf8'),
    certificateFile: at('server.pem'),
    keyFile: at('server.key'),
  }
}

const caConfig = (folder: string): string => `
[ca]
default_ca = own
[own]
database = ${folder}/index.txt
new_certs_dir = ${folder}
certificate = ${folder}/ca.pem
private_key = ${folder}/ca.key
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
`
