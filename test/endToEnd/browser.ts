/**
 * A page as a reader's browser shows it: headless Chromium, where it is installed, spoken to over two pipes in its
 * DevTools protocol (messages of JSON, each ended by a zero byte).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

/** Name of the program; null where there is none. */
export function findChromium(): string | null {
  const names = [process.env.PLUME_CHROMIUM ?? '', 'chromium', 'chromium-browser', 'google-chrome'];
  return names.find((name) => name !== '' && spawnSync(name, ['--version']).status === 0) ?? null;
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly media?: 'screen' | 'print';
  readonly dark?: boolean;
}

export interface Page {
  /** What went wrong since the page was opened: errors of the console, exceptions, requests to anywhere. */
  readonly complaints: readonly string[];
  show(view: View): Promise<void>;
  /** Value of an expression in the page; promises are waited for. */
  evaluate<T>(expression: string): Promise<T>;
  press(key: string): Promise<void>;
  /** The whole page as it is shown now, PNG. */
  screenshot(path: string): Promise<void>;
}

export interface Browser {
  open(file: string): Promise<Page>;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Milliseconds that an answer may take on a busy machine. */
const patience = 60_000;

export async function startBrowser(program: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'plume-browser-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'];
  const child = spawn(
    program,
    [...flags, '--disable-background-networking', '--remote-debugging-pipe', `--user-data-dir=${profile}`],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const wire = connect(child);
  return {
    open: (file) => openPage(wire, file),
    close: async () => {
      const ended = new Promise((done) => child.once('close', done));
      await wire.send('Browser.close');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Wire {
  send(
    method: string,
    params?: Record<string, unknown>,
    sessionId?: string,
  ): Promise<Record<string, unknown>>;
  /** Called with every event. */
  readonly listeners: Set<(message: Message) => void>;
}

function connect(child: ChildProcess): Wire {
  const [input, output] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let buffered = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (buffered + text).split('\0');
    buffered = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else waiting.get(message.id)?.(message);
    }
  });
  let last = 0;
  return {
    listeners,
    send: (method, params = {}, sessionId) =>
      new Promise((done, fail) => {
        const id = ++last;
        const timer = setTimeout(() => fail(new Error(`the browser did not answer ${method}`)), patience);
        waiting.set(id, ({ result, error }) => {
          waiting.delete(id);
          clearTimeout(timer);
          if (error) fail(new Error(`${method}: ${error.message}`));
          else done(result ?? {});
        });
        input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      }),
  };
}

async function openPage(wire: Wire, file: string): Promise<Page> {
  const { targetId } = await wire.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await wire.send('Target.attachToTarget', { targetId, flatten: true });
  const session = String(sessionId);
  const send = (method: string, params: Record<string, unknown> = {}) => wire.send(method, params, session);
  const url = pathToFileURL(file).href;
  const complaints: string[] = [];
  const loaded = new Promise<void>((done) => {
    wire.listeners.add((message) => {
      if (message.sessionId !== session) return;
      const complaint = complaintOf(message, url);
      if (complaint !== null) complaints.push(complaint);
      if (message.method === 'Page.loadEventFired') done();
    });
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
  await send('Page.navigate', { url });
  await loaded;
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (answer.exceptionDetails)
      throw new Error(`in the page: ${JSON.stringify(answer.exceptionDetails).slice(0, 500)}`);
    return (answer.result as { readonly value: T }).value;
  };
  return {
    complaints,
    evaluate,
    show: async ({ width, height, media = 'screen', dark = false }) => {
      const size = { width, height, deviceScaleFactor: 1, mobile: false };
      await send('Emulation.setDeviceMetricsOverride', size);
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
      await send('Emulation.setEmulatedMedia', { media, features });
    },
    press: async (key) => {
      for (const type of ['keyDown', 'keyUp'])
        await send('Input.dispatchKeyEvent', {
          type,
          key,
          code: key,
          windowsVirtualKeyCode: keyCodes[key] ?? 0,
        });
    },
    screenshot: async (path) => {
      const { cssContentSize } = (await send('Page.getLayoutMetrics')) as {
        cssContentSize: { width: number; height: number };
      };
      const clip = {
        x: 0,
        y: 0,
        ...cssContentSize,
        height: Math.min(cssContentSize.height, 16_000),
        scale: 1,
      };
      const { data } = await send('Page.captureScreenshot', {
        format: 'png',
        captureBeyondViewport: true,
        clip,
      });
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, Buffer.from(String(data), 'base64'));
    },
  };
}

const keyCodes: Readonly<Record<string, number>> = { ArrowRight: 39, ArrowLeft: 37, Tab: 9 };

function complaintOf({ method, params = {} }: Message, url: string): string | null {
  const text = (): string => JSON.stringify(params).slice(0, 300);
  switch (method) {
    case 'Runtime.exceptionThrown':
      return `exception: ${text()}`;
    case 'Runtime.consoleAPICalled':
      return params.type === 'error' || params.type === 'warning' ? `console: ${text()}` : null;
    case 'Log.entryAdded': {
      const { level } = params.entry as { readonly level: string };
      return level === 'error' || level === 'warning' ? `log: ${text()}` : null;
    }
    case 'Network.requestWillBeSent': {
      const asked = (params.request as { readonly url: string }).url;
      return asked === url || asked.startsWith('data:') ? null : `asked for ${asked.slice(0, 200)}`;
    }
    default:
      return null;
  }
}
