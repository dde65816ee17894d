/**
 * The bytes of WebAssembly that kernels written at run time need (networkModule.ts, fairCrpsModule.ts): instructions,
 * numbers, and a module of one function on shared memory. WebAssembly core specification 2.0, §5.
 */

/** Four float32 or two float64. */
export const vector = 16;
/** Of the cache. */
export const lineBytes = 64;

/**
 * Most values that a stretch of a network works on: of the 16 vector registers of x86-64, V8 leaves 15, and two are for
 * sums and comparing. Measured: 12 to 14 are equally fast.
 */
export const registers = 12;

/** Instructions; numbers that follow one, such as the index of a local or the offset of a load, are encoded by `assemble`. */
export const op = {
  loop: [0x03, 0x40],
  end: [0x0b],
  branchIf: [0x0d],
  drop: [0x1a],
  get: [0x20],
  set: [0x21],
  tee: [0x22],
  i32Load8: [0x2d, 0x00],
  i32Store: [0x36, 0x02],
  i32Const: [0x41],
  i32Add: [0x6a],
  f64Const: [0x44],
  load: [0xfd, 0x00, 0x04],
  load32Splat: [0xfd, 0x09, 0x02],
  load64Zero: [0xfd, 0x5d, 0x03],
  store: [0xfd, 0x0b, 0x04],
  i32x4Bitmask: [0xfd, 0xa4, 0x01],
  f32x4NotEqual: [0xfd, 0x42],
  f32x4Abs: [0xfd, 0xe0, 0x01],
  f32x4Add: [0xfd, 0xe4, 0x01],
  f32x4Sub: [0xfd, 0xe5, 0x01],
  f32x4Mul: [0xfd, 0xe6, 0x01],
  f32x4PMin: [0xfd, 0xea, 0x01],
  f32x4PMax: [0xfd, 0xeb, 0x01],
  f64x2Splat: [0xfd, 0x14],
  f64x2Promote: [0xfd, 0x5f],
  f64x2Add: [0xfd, 0xf0, 0x01],
  f64x2Sub: [0xfd, 0xf1, 0x01],
  f64x2Mul: [0xfd, 0xf2, 0x01],
} as const;

/** An instruction, or a number of 0 or more that follows one. */
export type Code = number | readonly number[];

const i32 = 0x7f;
const v128 = 0x7b;

export interface FunctionBody {
  /** Of type i32. */
  readonly parameters: number;
  /** Of type v128, after the parameters. */
  readonly locals: number;
  readonly code: readonly Code[];
}

/**
 * A module that exports one function without result.
 * @param maximumPages of the shared memory that the module imports as env.memory
 */
export function moduleOf(exported: string, body: FunctionBody, maximumPages: number): WebAssembly.Module {
  const { parameters, locals, code } = body;
  const instructions = [
    ...(locals > 0 ? [1, ...unsigned(locals), v128] : [0]),
    ...code.flatMap((part) => (typeof part === 'number' ? unsigned(part) : part)),
    ...op.end,
  ];
  const memory = [...name('env'), ...name('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(maximumPages)];
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...unsigned(parameters), ...Array.from({ length: parameters }, () => i32), 0]),
    ...section(2, [1, ...memory]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name(exported), 0x00, 0]),
    ...section(10, [1, ...unsigned(instructions.length)], instructions),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

/** Adds a number of bytes to an address. */
export function advance(address: number, bytes: number): Code[] {
  return [op.get, address, op.i32Const, signed(bytes), op.i32Add, op.set, address];
}

/** Repeats the code as often as a local counts, once or more; the local is 0 afterwards. */
export function repeat(count: number, code: readonly Code[]): Code[] {
  const again = [op.get, count, op.i32Const, signed(-1), op.i32Add, op.tee, count, op.branchIf, 0];
  return [op.loop, ...code, ...again, op.end];
}

/** The bytes of a float64. */
export function float64(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}

function section(id: number, head: readonly number[], body: readonly number[] = []): number[] {
  return [id, ...unsigned(head.length + body.length), ...head, ...body];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
