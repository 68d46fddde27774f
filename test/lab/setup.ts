/** vitest's globalSetup: one lab for all lab tests, ended with them. */
import type { TestProject } from 'vitest/node';
import type { LabFacts } from './index.ts';
import { startLab } from './start.ts';

declare module 'vitest' {
  interface ProvidedContext {
    lab: LabFacts;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { facts, stop } = await startLab();
  project.provide('lab', facts);
  return stop;
}
