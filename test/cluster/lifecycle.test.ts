import { describe } from '@jest/globals';
import { describeInstallation } from './lifecycle/installation.ts';
import { describeOutage } from './lifecycle/outage.ts';
import { commandsOn } from './manifests/commands.ts';
import { describeOnCluster } from './suite.ts';

// With aggregator routing a Service without endpoints is refused at once, not after the webhook's timeout.
const options = { apiServerFlags: ['--enable-aggregator-routing=true'] };

// No node runs the Pods of the manifests: as the API server sees it, Pinstream never comes up here.
describeOnCluster(
  'the life of an installation on a real API server',
  (cluster) => {
    const commands = commandsOn(cluster);
    describe('failing closed, while nothing of it runs', () => describeOutage(commands));
    describe('an installation', () => describeInstallation(commands));
  },
  options,
);
