import { eventually } from '../support/eventually.ts';
import type { Balancer } from './balancer.ts';
import { launchWebhook, type Webhook, type WebhookOptions } from './webhook.ts';

/** The processes of the webhook, as their Deployment keeps them. */
export interface Fleet {
  /** All that run, ready or not, the oldest first. */
  readonly webhooks: () => readonly Webhook[];
  /** Starts one more, of this build, and waits until it is sent reviews. */
  readonly add: (program: string) => Promise<Webhook>;
  /** Ends one as Kubernetes ends a Pod; gives how it ended. */
  readonly terminate: (webhook: Webhook) => Promise<string>;
  readonly end: () => Promise<void>;
}

const waitMs = 120_000;

export function createFleet(balancer: Balancer, options: Omit<WebhookOptions, 'program'>): Fleet {
  const all: Webhook[] = [];
  const webhooks = (): readonly Webhook[] => all.filter((webhook) => webhook.ended() === undefined);
  return {
    webhooks,
    add: async (program) => {
      const webhook = await launchWebhook({ ...options, program });
      all.push(webhook);
      balancer.add(webhook);
      const sentReviews = (): void => {
        if (!balancer.ready().includes(webhook)) throw new Error(webhook.ended() ?? 'it is not ready');
      };
      await eventually(sentReviews, { describe: 'a webhook is sent reviews', timeoutMs: waitMs });
      return webhook;
    },
    terminate: (webhook) => {
      balancer.takeOut(webhook);
      return webhook.end('SIGTERM');
    },
    end: async () => {
      await Promise.all(webhooks().map((webhook) => webhook.end('SIGKILL')));
    },
  };
}
