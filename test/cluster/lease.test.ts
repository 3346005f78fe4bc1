import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { KubeClient } from '../../src/kube/client.ts';
import { steadyClock } from '../../src/kube/clock.ts';
import { connectToCluster, type Connection } from '../../src/kube/connect.ts';
import { createEventRecorder } from '../../src/kube/events.ts';
import { electionIdentity, startLeaderElection, type LeaderElection } from '../../src/kube/lease.ts';
import { eventually } from '../support/eventually.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { describeOnCluster } from './suite.ts';

const manifest = (name: string): string => join(import.meta.dirname, '../../manifests/base', name);
const lease = 'pinstream-controller';
/** How long a dead leader's lease is waited for. */
const leaseMs = 15_000;

interface Candidate {
  readonly election: LeaderElection;
  readonly identity: string;
  readonly log: ReturnType<typeof createRecordingLog>;
  readonly stop: AbortController;
  /** Its process is gone: no request of it arrives any more, and it gives nothing back. */
  die(): void;
  /** When its signal to lead last began and aborted. */
  readonly term: { fromMs?: number; abortedMs?: number };
}

describeOnCluster(
  'the Lease on a real API server',
  (cluster) => {
    let connection: Connection;
    const candidates: Candidate[] = [];

    const kubectl = async (line: string): Promise<string> => {
      const { code, stdout, stderr } = await cluster().kubectl(line.split(' '));
      if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
      return stdout;
    };

    const enter = (name: string): Candidate => {
      const { client } = connection;
      let dead = false;
      const alive = <T>(call: () => Promise<T>): Promise<T> => (dead ? new Promise(() => undefined) : call());
      const wired: KubeClient = {
        ...client,
        get: (path) => alive(() => client.get(path)),
        create: (path, body) => alive(() => client.create(path, body)),
        replace: (path, body) => alive(() => client.replace(path, body)),
      };
      const [log, stop, term] = [createRecordingLog(), new AbortController(), {} as Candidate['term']];
      const identity = electionIdentity(name, Math.random);
      const election = startLeaderElection({
        client: wired,
        namespace: 'pinstream-system',
        name: lease,
        identity,
        clock: steadyClock,
        random: Math.random,
        log,
        signal: stop.signal,
        lead: async (signal) => {
          term.fromMs = steadyClock.now();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          term.abortedMs = steadyClock.now();
        },
      });
      const candidate: Candidate = { election, identity, log, stop, die: () => (dead = true), term };
      candidates.push(candidate);
      return candidate;
    };
    const untilLeads = ({ election }: Candidate): Promise<void> =>
      eventually(() => expect(election.leads()).toBe(true), { describe: 'it leads' });
    const holder = async (): Promise<string> =>
      kubectl(`get lease ${lease} -n pinstream-system -o jsonpath={.spec.holderIdentity}`);

    beforeAll(async () => {
      await kubectl(`apply -f ${manifest('namespace.yaml')} -f ${manifest('controller-role.yaml')}`);
      await kubectl(`apply -f ${manifest('controller-clusterrole.yaml')}`);
      await kubectl('create rolebinding them -n pinstream-system --role=pinstream-controller --user=them');
      await kubectl('create clusterrolebinding them --clusterrole=pinstream-controller --user=them');
      connection = await connectToCluster({ kubeconfig: await cluster().kubeconfigFor({ user: 'them' }) });
    });
    afterEach(async () => {
      for (const { stop } of candidates) stop.abort();
      await Promise.all(candidates.splice(0).map(({ election }) => election.done));
    });
    afterAll(() => connection.close());

    test('when the leader stops, another leads before the lease would be over', async () => {
      const first = enter('first');
      await untilLeads(first);
      const second = enter('second');
      expect(await holder()).toBe(first.identity);

      const stoppedMs = steadyClock.now();
      first.stop.abort();
      await first.election.done;
      await untilLeads(second);
      expect((second.term.fromMs ?? Infinity) - stoppedMs).toBeLessThan(leaseMs);
      expect(second.term.fromMs).toBeGreaterThan(first.term.abortedMs ?? Infinity);
      expect(await holder()).toBe(second.identity);
      expect([...first.log.lines, ...second.log.lines].filter(({ level }) => level !== 'info')).toEqual([]);
    });

    test('when the leader dies, another leads after the lease is over, and not before', async () => {
      const first = enter('first');
      await untilLeads(first);
      const second = enter('second');
      await eventually(() => expect(second.election.holder()).toBe(first.identity), {
        describe: 'the second has seen the first',
        timeoutMs: 5000,
      });

      const diedMs = steadyClock.now();
      first.die();
      await untilLeads(second);
      const afterMs = (second.term.fromMs ?? 0) - diedMs;
      // The last renewal was up to two seconds before, and was seen up to 2.4 s after it was made.
      expect(afterMs).toBeGreaterThan(12_500);
      expect(first.term.abortedMs).toBeLessThan(second.term.fromMs ?? 0);
      expect(
        await kubectl(`get lease ${lease} -n pinstream-system -o jsonpath={.spec.leaseTransitions}`),
      ).not.toBe('0');
    });

    test('who has no right to the Lease is told what grants it', async () => {
      const stranger = await connectToCluster({
        kubeconfig: await cluster().kubeconfigFor({ user: 'stranger' }),
      });
      const [log, stop] = [createRecordingLog(), new AbortController()];
      const election = startLeaderElection({
        client: stranger.client,
        namespace: 'pinstream-system',
        name: lease,
        identity: 'stranger',
        clock: steadyClock,
        random: Math.random,
        log,
        signal: stop.signal,
        lead: () => Promise.resolve(),
        grantedBy: 'the Role pinstream-controller',
      });
      await eventually(
        () =>
          expect(log.lines.map(({ message }) => message)).toEqual([
            expect.stringMatching(
              /^cannot take or renew the lease: forbidden: .* cannot get resource "leases" .*; the Role pinstream-controller grants it; trying again$/,
            ),
          ]),
        { describe: 'the log says so', timeoutMs: 10_000 },
      );
      stop.abort();
      await election.done;
      await stranger.close();
    });

    test('an Event is accepted, and counted when it comes again', async () => {
      const log = createRecordingLog();
      const { client } = connection;
      const events = createEventRecorder({
        client,
        component: 'pinstream-controller',
        clock: steadyClock,
        log,
      });
      const uid = await kubectl('get namespace pinstream-system -o jsonpath={.metadata.uid}');
      const about = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'pinstream-system', uid };
      for (let time = 0; time < 3; time += 1) {
        events.record({
          regarding: about,
          type: 'Warning',
          reason: 'Tested',
          message: 'it was tested',
          action: 'Test',
        });
      }
      await events.settled();
      expect(log.lines).toEqual([]);
      const paths = '{.items[*].count} {.items[*].message} {.items[*].source.component}';
      expect(
        await cluster().kubectl([
          'get',
          'events',
          '-n',
          'default',
          '--field-selector=reason=Tested',
          '-o',
          `jsonpath=${paths}`,
        ]),
      ).toMatchObject({ stdout: '3 it was tested pinstream-controller' });
    });
  },
  { controllerManager: false },
);
