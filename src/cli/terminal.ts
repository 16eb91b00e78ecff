/**
 * Colours on a terminal, as wg(8) has them: WG_COLOR_MODE is always, never or auto.
 *
 * @module
 */

const RESET = "\x1b[0m";

/** `text` in bold letters. */
export const bold = (text: string) => `\x1b[1m${text}${RESET}`;
/** `text` in green letters. */
export const green = (text: string) => `\x1b[32m${text}${RESET}`;
/** `text` in yellow letters. */
export const yellow = (text: string) => `\x1b[33m${text}${RESET}`;
/** `text` in cyan letters. */
export const cyan = (text: string) => `\x1b[36m${text}${RESET}`;
/** `text` in red letters. */
export const red = (text: string) => `\x1b[31m${text}${RESET}`;

/** The text as standard output takes it. */
export function colored(text: string): string {
  return wantsColor() ? text : plain(text);
}

/** Whether standard output takes colours. */
function wantsColor(): boolean {
  const mode = Deno.env.get("WG_COLOR_MODE");
  if (mode === "always") return true;
  if (mode === "never") return false;
  return Deno.stdout.isTerminal();
}

/** The text without its colours. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[\d+m/g, "");
}
