import { z } from 'zod'

// Before any schema is made: zod would try `new Function`, which our CSP forbids and reports.
z.config({ jitless: true })
