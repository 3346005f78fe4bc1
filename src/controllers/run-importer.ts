import type { StreamListener } from '../importer/stream-store.ts';
import { collectGarbage } from './garbage-collector.ts';
import { ImportController } from './import-controller.ts';
import type { ImportPorts } from './import-ports.ts';

export interface ImporterOptions extends ImportPorts {
  /** Tells `listener` of every stream until `signal` aborts; resolves when it has ended. */
  readonly follow: (listener: StreamListener, signal: AbortSignal) => Promise<void>;
  /** Calls `listener` whenever the settings have changed, until the function that it gives is called. */
  readonly onSettings: (listener: () => void) => () => void;
  /** Given the controller when it starts, and undefined when it has ended. */
  readonly onRunning: (controller: ImportController | undefined) => void;
  readonly signal: AbortSignal;
}

/** Imports until `signal` aborts; resolves when nothing is under way any more. */
export async function runImporter(options: ImporterOptions): Promise<void> {
  const { store, follow, onSettings, onRunning, signal, clock, log } = options;
  const controller = new ImportController(options);
  const replan = (): void => {
    controller.replan(signal).catch((error: unknown) => {
      if (!signal.aborted)
        log.warn({ error: String(error) }, 'streams could not be looked at with the new settings');
    });
  };
  const unsubscribe = onSettings(replan);
  onRunning(controller);
  try {
    await Promise.all([
      controller.run(signal),
      follow(controller, signal),
      collectGarbage({ store, held: () => controller.heldImages(), clock, log, signal }),
    ]);
  } finally {
    onRunning(undefined);
    unsubscribe();
  }
}
