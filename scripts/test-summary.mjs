// Prints "N passed, N failed, N skipped" from vitest's JSON report; in CI a skipped test is a failure.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// A file that cannot be loaded has no tests to fail.
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failed = report.numFailedTests + unloaded.length;
const skipped = report.numPendingTests + report.numTodoTests;

if (skipped > 0) {
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed') console.log(`skipped: ${test.fullName}`);
    }
  }
}
console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
if (!report.success || failed > 0 || skipped > 0 || report.numPassedTests === 0) process.exitCode = 1;
