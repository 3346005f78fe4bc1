/** Run by scripts/test.ts, which starts jest with --experimental-vm-modules (native ESM). */
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // These take minutes: npm run test:chaos, npm run test:soak.
  testPathIgnorePatterns: ['/node_modules/', '/chaos\\.test\\.ts$', '/soak\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  coverageProvider: 'v8',
  // Only what hangs meets it: a slow machine is no failure.
  testTimeout: 300_000,
};
