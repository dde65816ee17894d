/**
 * A drawing of the page as a file of its own: the page's rules in a style sheet inside, its colours as they are in light
 * (programs that draw SVG files seldom know CSS variables), a title, and the parts at their places.
 */
import { escapeHtml } from './html.js';
import { pageStyle } from './pageStyle.js';

export interface SvgPart {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** An svg element with a view box. */
  readonly svg: string;
}

export interface SvgText {
  readonly x: number;
  readonly y: number;
  /** Plain. */
  readonly text: string;
  /** title: large; over: a heading; quiet: small and grey. */
  readonly kind: 'title' | 'over' | 'quiet';
  /** How wide it may be; default: as far from the right edge as from the left. */
  readonly room?: number;
}

export interface SvgFile {
  readonly width: number;
  readonly height: number;
  /** What a screen reader says. */
  readonly label: string;
  readonly texts: readonly SvgText[];
  readonly parts: readonly SvgPart[];
}

/** Rules of the page that drawings need; others set paragraphs and tables. */
const drawn = /^(?:svg\.chart|svg\.bar|\.map|\.globe|\.pale|\.probability)/;

export function svgFile({ width, height, label, texts, parts }: SvgFile): string {
  const rules = pageStyle
    .split('\n')
    .flatMap((line) => line.match(/[^{}]+\{[^{}]*\}/g) ?? [])
    .map((rule) => rule.trim())
    .filter((rule) => drawn.test(rule));
  const style =
    'text{font-family:system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}' +
    `.title{font-size:${sizes.title}px;font-weight:620}.over{font-size:${sizes.over}px;font-weight:620}.quiet{font-size:${sizes.quiet}px;fill:var(--quiet)}` +
    `${rules.join('')}svg.map,svg.chart,svg.bar{width:auto;max-width:none}`;
  const words = texts.map(
    ({ x, y, text, kind, room = width - 2 * x }) =>
      `<text class="${kind}" x="${x}" y="${y}"${shrunk(text, kind, room)}>${escapeHtml(text)}</text>`,
  );
  const placed = parts.map((part) => at(part));
  const text =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}" fill="${palette().get('--ink')}" color="${palette().get('--ink')}">` +
    `<style>${style}</style><rect width="${width}" height="${height}" fill="var(--card)"/>${words.join('')}${placed.join('')}</svg>\n`;
  return text.replace(/var\((--[a-z]+)\)/g, (whole, name: string) => palette().get(name) ?? whole);
}

const sizes = { title: 17, over: 13, quiet: 12 } as const;

/** Long texts are set smaller, so that they stay inside; letters are about half as wide as high. */
function shrunk(text: string, kind: SvgText['kind'], room: number): string {
  const fitting = room / ((kind === 'quiet' ? 0.53 : 0.63) * [...text].length);
  return fitting >= sizes[kind] ? '' : ` style="font-size:${Math.max(6, fitting).toFixed(1)}px"`;
}

function at({ x, y, width, height, svg }: SvgPart): string {
  const [, attributes = '', rest = ''] = /^<svg((?:\s[^>]*)?)>([\s\S]*)$/.exec(svg) ?? [];
  const kept = attributes.replace(/\s(?:width|height|x|y|style)="[^"]*"/g, '');
  return `<svg x="${x}" y="${y}" width="${width}" height="${height}"${kept}>${rest}`;
}

let light: ReadonlyMap<string, string> | undefined;

/** The variables of the page's light palette. */
function palette(): ReadonlyMap<string, string> {
  light ??= new Map(
    [...(/:root\s*\{([^}]*)\}/.exec(pageStyle)?.[1] ?? '').matchAll(/(--[a-z]+):\s*([^;]+);/g)].map(
      ([, name = '', value = '']) => [name, value.trim()] as const,
    ),
  );
  return light;
}
