import { defineConfig, mergeConfig } from 'vitest/config'
import build from './vite.config'

export default mergeConfig(
  build,
  defineConfig({
    test: {
      environment: 'jsdom',
      setupFiles: ['./vitest.setup.ts'],
      restoreMocks: true,
      pool: 'threads',
      maxWorkers: 2,
      // What is waited for usually comes at once; a busy machine may take longer.
      testTimeout: 30_000,
    },
  }),
)
