/**
 * One line of progress on stderr, overwritten in a terminal, silent elsewhere; null clears it.
 */
export function showProgress(): (text: string | null) => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => {};
  return (text) => {
    stderr.write(`\r\x1b[K${text?.slice(0, stderr.columns - 1) ?? ""}`);
  };
}
