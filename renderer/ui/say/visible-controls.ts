/** Control and bidirectional characters, as a hostile server may send them, made visible: `\u001b`. */
export function visibleControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    char => `\\u${char.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`,
  )
}
