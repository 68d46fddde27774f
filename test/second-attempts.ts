/**
 * Names at the end of a run what passed at its second attempt only, with what went wrong at the first: each is a fault of
 * the test, of the lab or of the program that is still to be found.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class SecondAttempts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const found = modules.flatMap((module) => [...module.children.allTests()].filter(neededAnother));
    if (found.length === 0) return;
    console.warn(`\nPassed at the second attempt (${found.length}):`);
    for (const test of found) {
      console.warn(`  ${test.module.relativeModuleId} > ${test.fullName}`);
      for (const { message } of test.result().errors ?? []) console.warn(`    ${message}`);
    }
  }
}

const neededAnother = (test: TestCase): boolean => test.diagnostic()?.flaky === true;
