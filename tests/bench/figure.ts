/**
 * Bars as SVG, readable on light and dark ground.
 *
 * ```text
 *  title
 *  TCP, 1 stream   caktus        ██████████████ 4200
 *                  wireguard-go  █████████ 2900
 * ```
 *
 * @module
 */

import { short } from "./table.ts";

/** Bars that are compared. */
export interface Group {
  label: string;
  bars: { name: string; value: number }[];
}

const [WIDTH, LEFT, BAR, GAP, TOP, HEIGHT] = [720, 280, 18, 14, 40, 22];

const STYLE = `text { font: 13px sans-serif; fill: #24292f }
rect { fill: #8c959f } rect.caktus { fill: #1a7f37 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect.caktus { fill: #3fb950 } }`;

/** Draws groups of bars, all to one scale. */
export function figure(title: string, groups: readonly Group[]): string {
  const all = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const scale = (WIDTH - LEFT - 70) / Math.max(...all, Number.MIN_VALUE);
  const parts: string[] = [];
  let y = TOP;
  for (const { label, bars } of groups) {
    parts.push(words(8, y, label));
    for (const { name, value } of bars) {
      const width = (value * scale).toFixed(1);
      parts.push(
        words(180, y, name),
        `<rect class="${
          escape(name)
        }" x="${LEFT}" y="${y}" width="${width}" height="${BAR}"/>`,
        words(LEFT + value * scale + 6, y, short(value)),
      );
      y += HEIGHT;
    }
    y += GAP;
  }
  const size = `viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escape(title)}</title><style>${STYLE}</style>`,
    words(8, 8, title),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function words(x: number, y: number, text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y + 14}">${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");
}
