import { z } from 'zod'
import { aNumber, aSwitch, aText } from './typed-shape.ts'

const text = z.string(aText).nullish()
const number = z.int(aNumber).nullish()
/** What has no meaning for a restore may be any single value. */
const plain = z.union([z.string(), z.number(), z.boolean()], 'a single value').nullish()
const texts = z.union([z.string(), z.array(text, 'a list of texts')], 'a text or a list of texts').nullish()

const server = z.looseObject(
  {
    ip: text,
    port: number,
    name: text,
    user: text,
    pem: text,
    // A password of digits works: Ansible takes it as the text it is written as.
    password: z.union([z.string(), z.number()], aText).nullish(),
    components: z.array(z.unknown(), 'a list').nullish(),
    'lan-nics': texts,
    host_interface: z.unknown().optional(),
    bond_ip: text,
    enabled: z.boolean(aSwitch).nullish(),
  },
  'a map with ip, port and user',
)

const keepalived = z.looseObject({ host_vrrp_ip: text, host_vrrp_id: number }, 'a map with host_vrrp_ip')

const details = (keys: readonly string[]) =>
  z.looseObject(Object.fromEntries(keys.map(key => [key, plain])), 'a map').nullish()

export const diskKeys = ['analytics_disk_size', 'analytics_data_path', 'minio_disk_size', 'minio_data_path']
const certKeys = ['countryCode', 'state', 'city', 'organization', 'organizationalUnit', 'email']
const mailKeys = [
  'smtp_enabled',
  'smtp_host',
  'smtp_port',
  'smtp_encryption_method',
  'smtp_username',
  'smtp_password',
  'smtp_from_email_address',
]

/** The types of `master.yml`. Every key is optional here: which a restore needs is told by `checkMaster`. */
export const masterShape = z.looseObject(
  {
    servers: z.array(server, 'a list of servers').nullish(),
    keepalived: z.array(keepalived, 'a list').nullish(),
    vxlan_id: number,
    external_ip: texts,
    director_site: text,
    install_msp: plain,
    install_tenant: plain,
    external_disk: details(diskKeys),
    certsInfo: details(certKeys),
    smtp_details: details(mailKeys),
  },
  'a map with servers',
)

/** Keys that are known, by the place of the map that holds them; maps that are not named may hold any. */
export const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': [...Object.keys(masterShape.shape), 'docker_registry'],
  'servers[]': Object.keys(server.shape),
  'keepalived[]': Object.keys(keepalived.shape),
  external_disk: diskKeys,
  certsInfo: certKeys,
  smtp_details: [...mailKeys, 'smtp_to_email_address'],
}
