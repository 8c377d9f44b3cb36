/** Calls about collections of documents. */

import { request, requestJson } from './api'
import { sendBytes } from './send-bytes'
import type {
  CollectionList,
  CollectionRequest,
  CollectionShown,
  Document,
  DocumentAdded,
  DocumentList,
  PassageHits,
} from './wire'

const PAGE = 100

/** Whose words a document holds: nobody's in particular, the owner's of the assistant, or the assistant's own. */
export type Label = Document['label']

export const LABELS: readonly Label[] = ['', 'speaks_for_owner', 'self']

export function listCollections(signal?: AbortSignal): Promise<CollectionList> {
  return requestJson('/v1/collections', { signal })
}

export function makeCollection(wanted: CollectionRequest): Promise<CollectionShown> {
  return requestJson('/v1/collections', { method: 'POST', json: wanted })
}

export function readCollection(id: string, signal?: AbortSignal): Promise<CollectionShown> {
  return requestJson(pathOf(id), { signal })
}

/** Removes a collection with all it holds. */
export async function deleteCollection(id: string): Promise<void> {
  await request(pathOf(id), { method: 'DELETE' })
}

export function listDocuments(id: string, after: string | null, signal?: AbortSignal): Promise<DocumentList> {
  return requestJson(`${pathOf(id)}/documents`, { query: { after, limit: PAGE }, signal })
}

/** Removes a document with its text and its passages. */
export async function removeDocument(id: string, document: string): Promise<void> {
  await request(`${pathOf(id)}/documents/${encodeURIComponent(document)}`, { method: 'DELETE' })
}

export function searchPassages(id: string, query: string, signal?: AbortSignal): Promise<PassageHits> {
  return requestJson(`${pathOf(id)}/search`, { method: 'POST', json: { query }, signal })
}

/** A file to add; `source` is its path, by which a later copy of it is known. */
export interface SourceFile {
  readonly file: File
  readonly source: string
}

export function sendDocument(
  id: string,
  { file, source }: SourceFile,
  label: Label,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<DocumentAdded> {
  const query = new URLSearchParams({ name: file.name, source, label })
  return sendBytes(`${pathOf(id)}/documents?${query}`, file, onProgress, signal)
}

/** Has the server fetch a page and keep it. */
export function addPage(id: string, url: string, label: Label, signal: AbortSignal): Promise<DocumentAdded> {
  return requestJson(`${pathOf(id)}/documents`, { method: 'POST', query: { url, label }, signal })
}

function pathOf(id: string): string {
  return `/v1/collections/${encodeURIComponent(id)}`
}
