// Prints "passed failed skipped" of a vitest JSON report, and names what failed: a file that does not even load counts as one failure.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
let failed = report.numFailedTests
for (const file of report.testResults) {
  const tests = file.assertionResults
  if (file.status === 'failed' && !tests.some((test) => test.status === 'failed')) failed++
  for (const test of tests) if (test.status === 'failed') console.error(`failed: ${file.name}: ${test.fullName}`)
}
console.log(report.numPassedTests, failed, report.numPendingTests + report.numTodoTests)
