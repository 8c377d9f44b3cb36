import type { TFunction } from 'i18next'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'

export interface Explained {
  /** What happened. */
  readonly message: string
  /** What to do about it; empty where nothing is known. */
  readonly hint: string
}

/**
 * Returns a function that says an error in the person's language where the namespace `errors` knows its code,
 * else in the server's own words.
 */
export function useExplain(): (error: unknown) => Explained {
  const { t } = useTranslation('errors')
  return useCallback((error) => explain(error, t), [t])
}

export function explain(error: unknown, t: TFunction<'errors'>): Explained {
  if (!(error instanceof ApiError)) {
    return { message: error instanceof Error ? error.message : String(error), hint: '' }
  }
  return {
    message: t(`${error.code}.message`, { defaultValue: error.message }),
    hint: t(`${error.code}.hint`, { defaultValue: error.hint }),
  }
}
