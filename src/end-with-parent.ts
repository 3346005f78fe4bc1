/** The other side of a hand-over (hand-over.ts): ends this process with the one that handed over to it. */
export function endWithParent(): void {
  if (process.env.PINSTREAM_HANDED_OVER === undefined || process.send === undefined) return;
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
}
