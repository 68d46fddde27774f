import { describe, expect, it } from 'vitest';
import { worthAnother } from '../../scripts/second-attempt.ts';

const passed = (name: string) => ({ name, status: 'passed', message: '', assertionResults: [] });
const failed = (name: string, ...tests: string[]) => ({
  name,
  status: 'failed',
  message: '',
  assertionResults: [
    { fullName: 'one that passed', status: 'passed', failureMessages: [] },
    ...tests.map((fullName) => ({
      fullName,
      status: 'failed',
      failureMessages: ['Error: too late\n    at file'],
    })),
  ],
});
const of = (...testResults: unknown[]) =>
  worthAnother(JSON.stringify({ success: false, numTotalTests: 9, testResults }));

describe('worthAnother', () => {
  it('is each file that failed, with the first line of what went wrong', () => {
    expect(of(passed('/a'), failed('/b', 'one', 'two'))).toEqual([
      { path: '/b', why: ['one: Error: too late', 'two: Error: too late'] },
    ]);
  });

  it('is a file that could not be run at all', () => {
    expect(of({ ...failed('/a'), message: 'Cannot find module\nmore' })).toEqual([
      { path: '/a', why: ['Cannot find module'] },
    ]);
  });

  it('is nothing where more failed than bad luck explains, or the run and no file', () => {
    expect(of(...['/a', '/b', '/c'].map((name) => failed(name, 'one')))).toHaveLength(3);
    expect(of(...['/a', '/b', '/c', '/d'].map((name) => failed(name, 'one')))).toEqual([]);
    expect(of(passed('/a'))).toEqual([]);
  });

  it('throws for what is no report', () => {
    expect(() => worthAnother('')).toThrow(SyntaxError);
    expect(() => worthAnother('{"success":false}')).toThrow('testResults');
  });
});
