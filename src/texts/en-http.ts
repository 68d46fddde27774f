/** What is answered by HTTP, to a person who reads it in a phone's share sheet or in a terminal. */
import type { HttpProblem } from '../http/problem.ts';
import { formatSize } from '../units.ts';

const problem = (what: HttpProblem): string => {
  switch (what.kind) {
    case 'not-found':
      return 'Nothing is here. There are POST /pictures, POST /inbox, GET /healthz and GET /metrics.';
    case 'method':
      return `Not this way: use ${what.allowed}.`;
    case 'token':
      return 'The token is missing or wrong. Send the header "Authorization: Bearer" with the value of HTTP_TOKEN.';
    case 'too-often':
      return `Too many requests. Try again in ${Math.ceil(what.wait / 1000)} s.`;
    case 'busy':
      return 'Too many uploads at the same time. Try again in a moment.';
    case 'no-file':
      return 'There is no file in this request. Send one as its body, or several as files of a form.';
    case 'form':
      return `The form cannot be read: ${what.cause}.`;
    case 'encoding':
      return 'The body is compressed. Send the file as it is.';
    case 'file-too-large':
      return `Too large: a file may have ${formatSize(what.limit)}. Nothing was taken.`;
    case 'too-large':
      return `Too large: all files together may have ${formatSize(what.limit)}. Nothing was taken.`;
    case 'too-many-files':
      return `Too many files: ${what.limit} go into one request. Nothing was taken.`;
    case 'disk-full':
      return 'The disk is full. Nothing was taken.';
    case 'storage':
      return `The file cannot be written: ${what.cause}. Nothing was taken.`;
    case 'no-owner':
      return 'Steward has no owner yet. Open the link that its first start has logged.';
    case 'inbox-off':
      return `The inbox is off: ${what.why} is not set.`;
    case 'failed':
      return 'That did not work. The log of Steward says why.';
  }
};

export const http = {
  problem,
  inInbox: (name: string) => `In the inbox: ${name}`,
  notForInbox: (found: string | undefined) =>
    `Not taken: this is not a photo or video${found === undefined ? '' : ` but ${found}`}.`,
};
