import { beforeEach, describe, expect, it } from 'vitest'
import { followTheme, languageOf, preferences } from './preferences'

beforeEach(() => preferences.setState(preferences.getInitialState(), true))

describe('languageOf', () => {
  it('takes the chosen language before the browser’s', () => {
    expect(languageOf('en', ['zh-CN'])).toBe('en')
  })

  it('takes the first of the browser’s languages that we speak', () => {
    expect(languageOf('', ['fr-FR', 'zh-Hans-CN', 'en'])).toBe('zh')
    expect(languageOf('', ['fr-FR'])).toBe('en')
  })
})

describe('followTheme', () => {
  it('puts the chosen theme on the page and stops when told', () => {
    const stop = followTheme()
    expect(document.documentElement.dataset['theme']).toBe('light')
    preferences.getState().set({ theme: 'dark' })
    expect(document.documentElement.dataset['theme']).toBe('dark')
    stop()
    preferences.getState().set({ theme: 'light' })
    expect(document.documentElement.dataset['theme']).toBe('dark')
  })
})
