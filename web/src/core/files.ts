/** Has the browser save data as a file. */
export function saveFile(name: string, data: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(data)
  link.download = name
  link.click()
  // Browsers begin to read the address a moment after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
