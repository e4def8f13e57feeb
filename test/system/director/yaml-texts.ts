/** Two files of a deployment that nothing is wrong with; all values are invented. */
export const goodRestore = `# the backup of Sunday
MONGO_DUMP_FILE: mongo_20261115T020003.dump.gz
POSTGRES_DUMP_FILE: "postgres_20261115T020003_dump.tar.gz"   # quoted
ELK_DUMP_FILE: 'elk_20261115T020003_dump.tar.gz'
CERTIFICATE_SERVICE_CERTS_DUMP_FILE: certificate_service_certs_20261115T020003_dump.tar.gz
EC_PROVISION_CERTS_DUMP_FILE: ec_provision_certs_20261115T020003_dump.tar.gz
`

export const latestRestore = `MONGO_DUMP_FILE: mongo_latest.dump.gz
POSTGRES_DUMP_FILE: postgres_latest_dump.tar.gz
ELK_DUMP_FILE: elk_latest_dump.tar.gz
CERTIFICATE_SERVICE_CERTS_DUMP_FILE: certificate_service_certs_latest_dump.tar.gz
EC_PROVISION_CERTS_DUMP_FILE: ec_provision_certs_latest_dump.tar.gz
`

export const goodMaster = `servers:
  - ip: 192.0.2.11
    port: 22
    name: server1
    user: operator
    # pem: /path/to/key
    password: "correct horse"   # "quoted" # twice
    components:
      - Master:            # DONT EDIT THIS ENTRY
        - name: elk
          cpu: 8
          memory: 32GB
    lan-nics: [enp4s0f0, enp4s0f1]
    host_interface:
    bond_ip: 198.51.100.31
    enabled: true
keepalived:                             # cluster only
  - host_vrrp_ip: 192.0.2.50
    host_vrrp_id: 50
vxlan_id: 199
external_ip: [203.0.113.7]
director_site: "DR"                     # passive
docker_registry:
install_msp:                            # empty for a restore
install_tenant:
external_disk:
  analytics_disk_size: 100
  analytics_data_path: /media/disk1/elkdata
  minio_disk_size: 0
  minio_data_path: /media/disk1/miniodata
certsInfo: {countryCode: , state: , city: , organization: , organizationalUnit: , email: }
smtp_details: {smtp_enabled: 1, smtp_host: , smtp_port: 587, smtp_encryption_method: tls, smtp_username: , smtp_password: , smtp_from_email_address: , smtp_to_email_address: []}
`

const node = (n: number, more = '') => `  - ip: 192.0.2.1${n}
    name: server${n}
    user: operator
    pem: /root/key
    enabled: true
${more}`

export const clusterMaster = `servers:
${node(1)}${node(2)}${node(3)}keepalived:
  - host_vrrp_ip: 192.0.2.50
    host_vrrp_id: 50
`
