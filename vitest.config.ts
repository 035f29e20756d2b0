import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['isagen-source'] },
  ssr: { resolve: { conditions: ['isagen-source'], externalConditions: ['isagen-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
  },
})
