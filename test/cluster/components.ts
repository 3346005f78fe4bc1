import { setTimeout as delay } from 'node:timers/promises';
import { ComponentError, startComponent, type Component, type ComponentSpec } from './component.ts';
import { startWatchdog } from './watchdog.ts';

const pollMs = 50;

/** Components that belong together: they end together, at the latest with this process. */
export interface Components {
  start(spec: ComponentSpec): void;
  /**
   * Waits until `serving` answers true. Throws a ComponentError when a component ends first, or at the deadline (a time
   * as of `Date.now()`), which blames the component started last.
   */
  untilServing(serving: () => Promise<boolean>, deadline: number): Promise<void>;
  /** Sends all of them a signal that ends none of them, such as SIGSTOP. */
  send(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends one of them at once, as a crash would; it may be started again. */
  endOne(name: string): Promise<void>;
  /** Ends all of them, at once unless another signal is told, and waits until they are gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** An empty group. When this process dies before `end`, `folder` is removed as well. */
export function createComponents(folder: string): Components {
  const watchdog = startWatchdog(folder);
  const started: Component[] = [];
  return {
    start: (spec) => {
      const component = startComponent(spec);
      started.push(component);
      if (component.pid !== undefined) watchdog.watch(component.pid);
    },
    untilServing: async (serving, deadline) => {
      while (!(await serving())) {
        blame(started, Date.now() > deadline);
        await delay(pollMs);
      }
    },
    send: (signal) => {
      for (const { pid } of started) if (pid !== undefined) process.kill(pid, signal);
    },
    endOne: async (name) => {
      const at = started.findIndex((component) => component.name === name);
      const [component] = at < 0 ? [] : started.splice(at, 1);
      if (component === undefined) throw new Error(`no component ${name} has been started`);
      await component.end();
    },
    end: async (signal) => {
      await Promise.all(started.map((component) => component.end(signal)));
      watchdog.dismiss();
    },
  };
}

function blame(started: readonly Component[], late: boolean): void {
  for (const component of started) {
    const ended = component.ended();
    if (ended !== undefined) throw new ComponentError(component, `${ended} before it was ready`);
  }
  const latest = started.at(-1);
  if (late && latest !== undefined) throw new ComponentError(latest, 'was not ready in time');
}
