import type { Plugin } from 'vite'

export declare function licences(root: string): Plugin
