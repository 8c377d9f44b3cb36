import type { Plugin } from 'vite'

export function juniorWorker(source: string): Plugin
export function filesOf(bundle: Readonly<Record<string, unknown>>, entry: string): string[]
