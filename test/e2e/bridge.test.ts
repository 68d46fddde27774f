import { startStandIn } from './bridge/servers.ts';
import { pictureSuite } from './bridge/suite.ts';

pictureSuite('Immich 2.6.3, without the storage template', () => startStandIn({ version: '2.6.3' }));
pictureSuite('Immich 3.1.0, with the storage template', () =>
  startStandIn({ version: '3.1.0', timing: { template: 400, mark: 20 } }),
);
