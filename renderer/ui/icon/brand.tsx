import type { SVGProps } from 'react'

/** Our own mark: a hull in a dock. */
export function Brand(props: SVGProps<SVGSVGElement>) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      {...props}
    >
      <path d="M2.5 5.5V20h19V5.5" />
      <path d="M7 5h10v6.5a3.5 3.5 0 0 1-3.5 3.5h-3A3.5 3.5 0 0 1 7 11.5z" />
      <path d="M9.75 20v-5M14.25 20v-5" />
    </svg>
  )
}
