/**
 * A place in the text of an event, from which words, numbers and signs are taken, and faults that show where they are: the
 * line, a caret under what is at fault, what was found and what was expected there.
 */
import { PlumeError } from '../../core/errors.js';
import { suggestion } from './parseSuggestion.js';

/** Characters from `start` up to, without, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Spanned<T> extends Span {
  readonly value: T;
}

const wordPattern = /[\p{L}_][\p{L}\p{N}_]*/uy;
const numberPattern = /[+\-−]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:e[+-]?\d+)?/iy;
/** As it is shown: "6h" is one thing to a reader. */
const numberAndLettersPattern = new RegExp(`${numberPattern.source}[\\p{L}\\p{N}_]*`, 'iuy');
const signPattern = /[<>=!]+|[≤≥]|\.\.+|…/y;

/** Deeper is no question that anyone asks, and a text of a million brackets would exhaust the stack. */
const deepest = 200;

export class Cursor {
  readonly text: string;
  private depth = 0;
  /** After the last character that was taken. */
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Where the next word, number or sign begins. */
  get next(): number {
    let next = this.at;
    while (next < this.text.length && /\s/.test(this.text[next]!)) next++;
    return next;
  }

  get ended(): boolean {
    return this.next === this.text.length;
  }

  /** What the pattern (sticky) matches next, not taken. */
  peek(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.next;
    return pattern.exec(this.text);
  }

  take(pattern: RegExp): Spanned<RegExpExecArray> | null {
    const value = this.peek(pattern);
    if (value === null) return null;
    const start = value.index;
    this.at = start + value[0].length;
    return { value, start, end: this.at };
  }

  /** The next word in small letters, not taken; '' where there is none. */
  peekWord(): string {
    return this.peek(wordPattern)?.[0].toLowerCase() ?? '';
  }

  takeWord(): Spanned<string> | null {
    const taken = this.take(wordPattern);
    return taken && { ...taken, value: taken.value[0] };
  }

  /** Takes the next word if it is this one, any case. */
  skipWord(word: string): boolean {
    if (this.peekWord() !== word) return false;
    this.takeWord();
    return true;
  }

  skipSign(sign: string): boolean {
    if (!this.text.startsWith(sign, this.next)) return false;
    this.at = this.next + sign.length;
    return true;
  }

  takeComparison(): Spanned<string> | null {
    const taken = this.take(signPattern);
    return taken && { ...taken, value: taken.value[0] };
  }

  takeNumber(): Spanned<number> | null {
    const taken = this.take(numberPattern);
    return taken && { ...taken, value: Number(taken.value[0].replace('−', '-')) };
  }

  /** "…" or '…' with the sign doubled inside; null where none begins. */
  takeQuoted(): Spanned<string> | null {
    const taken = this.take(/"((?:[^"]|"")*)"|'((?:[^']|'')*)'/y);
    if (taken === null) return null;
    const [, double, single] = taken.value;
    return { ...taken, value: double?.replaceAll('""', '"') ?? (single ?? '').replaceAll("''", "'") };
  }

  /** What stands next, as a reader sees it: a word, a number, a sign. */
  get nextSpan(): Span {
    const start = this.next;
    for (const pattern of [wordPattern, numberAndLettersPattern, signPattern]) {
      const found = this.peek(pattern);
      if (found !== null) return { start, end: start + found[0].length };
    }
    return { start, end: Math.min(this.text.length, start + 1) };
  }

  /** Parses what is inside the bracket or "not" that stands at the span. */
  deeper<T>(opening: Span, parse: () => T): T {
    if (++this.depth > deepest)
      throw this.fault(opening, `nested deeper than ${deepest}, expected fewer brackets`);
    const inside = parse();
    this.depth--;
    return inside;
  }

  /** @param candidates words that may have been meant */
  expected(what: string, candidates: readonly string[] = []): PlumeError {
    const span = this.nextSpan;
    const found = this.text.slice(span.start, span.end);
    const said = found === '' ? 'found the end' : `found "${found}"`;
    return this.fault(span, `${said}, expected ${what}${suggestion(found, candidates)}`);
  }

  fault(span: Span, message: string, options: { tag?: 'usage' | 'data'; cause?: unknown } = {}): PlumeError {
    const { tag = 'usage', cause } = options;
    const lineStart = this.text.lastIndexOf('\n', span.start - 1) + 1;
    const lineEnd = this.text.indexOf('\n', span.start);
    const line = this.text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
    const before = this.text.slice(lineStart, span.start);
    const marked = this.text.slice(span.start, Math.min(span.end, lineStart + line.length));
    const number = this.text.slice(0, lineStart).split('\n').length;
    const where = `${this.text.includes('\n') ? `line ${number}, ` : ''}character ${[...before].length + 1}`;
    const carets = '^'.repeat(Math.max(1, [...marked].length));
    const indent = [...before].map((character) => (character === '\t' ? '\t' : ' ')).join('');
    return new PlumeError(tag, `event, ${where}: ${message}\n  ${line}\n  ${indent}${carets}`, { cause });
  }
}
