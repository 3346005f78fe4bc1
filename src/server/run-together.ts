/** What works until its signal aborts. */
export type Work = (signal: AbortSignal) => Promise<void>;

/**
 * Runs all until `signal` aborts; one that fails ends the others, too. Resolves, or throws the first failure, when none of
 * them does anything any more.
 */
export async function runTogether(works: readonly Work[], signal: AbortSignal): Promise<void> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const results = await Promise.allSettled(
    works.map(async (work) => {
      try {
        await work(ending);
      } catch (error) {
        failing.abort(error);
        throw error;
      }
    }),
  );
  if (failing.signal.aborted) throw failing.signal.reason;
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
