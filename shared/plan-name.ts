/** Plan names become the first part of file names on every kind of server; they hold no `_`, which ends them there. */
export const isPlanName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name) && !name.includes('..')

export const planNameRule =
  'lower-case letters, digits, dots and dashes, at most 63, beginning with a letter or digit'
