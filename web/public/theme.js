// Before the first paint: the look and the language that this browser chose last.
;(() => {
  try {
    const saved = JSON.parse(localStorage.getItem('verax.preferences') ?? '{}').state ?? {}
    const dark =
      saved.theme === 'dark' ||
      (saved.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    if (saved.language) document.documentElement.lang = saved.language
  } catch {
    document.documentElement.dataset.theme = 'light'
  }
})()
