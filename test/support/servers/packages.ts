/** All Debian packages the tests use: real servers and the tools that must read what we write. Installed once, up front. */
export const debianPackages = [
  'openssh-server',
  'openssh-client',
  'vsftpd',
  'swift',
  'swift-proxy',
  'swift-account',
  'swift-container',
  'swift-object',
  'memcached',
  'gnome-keyring',
  'dbus',
  'dbus-x11',
  'rclone',
  'restic',
  'age',
  'zstd',
  'gzip',
  'tar',
  'attr',
  'acl',
  'openssl',
  'postgresql',
  'python3',
  'curl',
  'lftp',
] as const

/** For the journeys through the console's pages. */
export const browserPackages = ['chromium'] as const
