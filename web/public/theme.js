// Before the first paint: the look, the size and the language that this browser chose last.
;(() => {
  try {
    const saved = JSON.parse(localStorage.getItem('verax.preferences') ?? '{}').state ?? {}
    const dark =
      saved.theme === 'dark' ||
      (saved.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    document.documentElement.dataset.textSize = saved.textSize ?? 'normal'
    if (saved.language) document.documentElement.lang = saved.language === 'zh' ? 'zh-Hans' : saved.language
  } catch {
    document.documentElement.dataset.theme = 'light'
  }
})()
