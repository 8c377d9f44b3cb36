/** Files of a drop or of a picker, with their paths; folders are gone through. */

import type { SourceFile } from './collections'

/** Files that a picker gave; those of a folder come with their path in it. */
export function chosenFiles(files: Iterable<File>): readonly SourceFile[] {
  return [...files].filter(isWanted).map((file) => ({ file, source: file.webkitRelativePath || file.name }))
}

/** Files that were dropped. The entries are asked for at once: after the event the browser forgets them. */
export async function droppedFiles(data: DataTransfer): Promise<readonly SourceFile[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry())
  if (entries.some((entry) => entry?.isDirectory)) {
    const found = await Promise.all(entries.map((entry) => (entry === null ? [] : filesBelow(entry))))
    return found.flat().filter(({ file }) => isWanted(file))
  }
  return chosenFiles(data.files)
}

async function filesBelow(entry: FileSystemEntry): Promise<readonly SourceFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    return [{ file, source: entry.fullPath.replace(/^\//, '') }]
  }
  const found: SourceFile[] = []
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
    found.push(...(await filesBelow(child)))
  return found
}

/** A reader gives the children of a folder some at a time, and none when there are no more. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  const found: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return found
    found.push(...some)
  }
}

/** Hidden files, such as those that systems leave in folders, hold nothing to read. */
function isWanted(file: File): boolean {
  return !file.name.startsWith('.')
}
