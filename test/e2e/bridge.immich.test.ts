import { openGiven } from './bridge/servers.ts';
import { pictureSuite } from './bridge/suite.ts';

const given = JSON.parse(process.env['STEWARD_TEST_IMMICH'] ?? '{}') as Parameters<typeof openGiven>[0];

pictureSuite(`the Immich at ${given.url}`, () => Promise.resolve(openGiven(given)));
