/** Which files of a run of the tests are worth a second attempt. */
import { z } from 'zod';

/** What is read of the report that vitest's reporter `json` writes. */
const report = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      /** The file's path. */
      name: z.string(),
      status: z.enum(['passed', 'failed']),
      /** What kept the file from being run. */
      message: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

export type FailedFile = {
  path: string;
  /** What went wrong: each test that failed with the first line of its error. */
  why: readonly string[];
};

/** More than these is no bad luck. */
const MOST = 3;

/**
 * @param json the report of a run
 * @returns the files that failed; none where a second attempt would say nothing: when more failed than bad luck explains,
 *   or the run itself
 * @throws ZodError, SyntaxError for what is no report
 */
export function worthAnother(json: string): FailedFile[] {
  const { success, testResults } = report.parse(JSON.parse(json));
  const failed = testResults.filter(({ status }) => status === 'failed');
  if (success || failed.length > MOST) return [];
  return failed.map(({ name, message, assertionResults }) => ({
    path: name,
    why: [
      ...(message === '' ? [] : [firstLine(message)]),
      ...assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages: [first = ''] }) => `${fullName}: ${firstLine(first)}`),
    ],
  }));
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
