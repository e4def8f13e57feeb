/** How names of hosts, logins and keys look: of the schemas, and of the pages, which have none. */

/** Nothing that a shell, an option parser or a log line could take for something else. */
export const hostPattern = /^(?!-)[A-Za-z0-9._:-]{1,253}$/
export const userPattern = /^(?!-)[^\s\p{Cc}@:/]{1,128}$/u
/** `SHA256:` and the base64 of the key's hash, as `ssh-keygen -l` prints it. */
export const fingerprintPattern = /^SHA256:[A-Za-z0-9+/]{43}$/
/** Names of servers and of deployments. */
export const serverNamePattern = /^[a-z0-9][a-z0-9.-]{0,62}$/i
/** No host, URL or account that a portal shows needs them, and a secret could stand there. */
export const portalAtRule = 'the address alone, without user, password and anything after a ?'
