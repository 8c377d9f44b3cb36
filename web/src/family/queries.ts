/** Names of what the pages of guardians read; the first word alone stands for all. */
export const juniorKeys = {
  all: ['junior'],
  choices: (logDays: number | null) => ['junior-choices', logDays],
  pin: ['junior', 'pin'],
  profiles: ['junior', 'profiles'],
  profile: (id: string) => ['junior', 'profile', id],
  sessions: (id: string) => ['junior', 'sessions', id],
  use: (id: string) => ['junior', 'use', id],
  log: (id: string) => ['junior', 'log', id],
  alerts: ['junior', 'alerts'],
} as const
