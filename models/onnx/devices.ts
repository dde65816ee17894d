/**
 * Devices of ONNX Runtime: what was asked for, what works here, and why. A device works when a small model runs
 * on it and answers right, not when a library is present. Nothing is ever silently replaced: asking for a device
 * that does not work is an error that says what does; `auto` takes the best that works and says why.
 *
 * WebGPU note: two sessions that run at once in one process can crash, so a process is one lane there. Probes
 * run one after another and release their session before the next.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { resourceError } from '../../core/errors.js';
import { GraphBuilder } from '../graph/builder.js';
import { encodeOnnx } from '../graph/onnxModel.js';
import type { DeviceName, ResolvedDevice } from './deviceName.js';
import { createSession } from './session.js';
import { missingVulkan } from './vulkan.js';

export { type DeviceName, deviceNames, parseDeviceName, type ResolvedDevice } from './deviceName.js';

/** Best first; TensorRT stands back because it builds an engine for minutes and is worth asking for by name. */
const candidates: readonly ResolvedDevice[] = ['cuda', 'coreml', 'dml', 'webgpu', 'cpu'];

const advice: Readonly<Record<ResolvedDevice, string>> = {
  cpu: 'reinstall onnxruntime-node',
  webgpu:
    'install a Vulkan, Metal or Direct3D 12 driver; without a GPU, libvulkan1 and chromium bring SwiftShader',
  cuda: 'on Linux x64 with an NVIDIA GPU, CUDA 12 and cuDNN 9, reinstall onnxruntime-node with ONNXRUNTIME_NODE_INSTALL=cuda12',
  tensorrt:
    'install CUDA 12, cuDNN 9 and TensorRT 10, and reinstall onnxruntime-node with ONNXRUNTIME_NODE_INSTALL=cuda12',
  coreml: 'CoreML needs macOS',
  dml: 'DirectML needs Windows 10 or 11',
};

export interface ProbeResult {
  readonly device: ResolvedDevice;
  readonly works: boolean;
  /** Why it does not work; empty when it does. */
  readonly reason: string;
  /** Time of one [512, 512] product, milliseconds, best of three; NaN when it does not work. */
  readonly milliseconds: number;
}

const size = 512;
/** A first product slower than this settles the matter: no GPU needs a second look. */
const hopelessMilliseconds = 500;

/** A GPU may lose to the CPU on so small a product by its latency; SwiftShader was 400 times as slow. */
const softwareRatio = 4;

/** Why the provider cannot even be loaded, or undefined; asked first because loading in vain writes to stderr. */
function notInstalled(device: ResolvedDevice): string | undefined {
  const known = ort.listSupportedBackends().find(({ name }) => name === device);
  if (known === undefined) {
    return `ONNX Runtime for ${process.platform} ${process.arch} has no such provider`;
  }
  if (known.bundled) return undefined;
  const installed = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const files = readdirSync(path.join(installed, 'bin'), { recursive: true, encoding: 'utf8' });
  const library = `onnxruntime_providers_${device}`;
  return files.some((file) => file.includes(library)) ? undefined : `its library ${library} is not installed`;
}

export interface DeviceOptions {
  /** As in SessionOptions: the first session of a process decides, and that of a probe may be the first. */
  readonly flushDenormals?: boolean;
}

/** Runs y = x·x on the device, x the matrix with entries (i mod 7) − 3, and checks a row against plain loops. */
export async function probeDevice(
  device: ResolvedDevice,
  { flushDenormals = false }: DeviceOptions = {},
): Promise<ProbeResult> {
  const failed = (reason: string): ProbeResult => ({
    device,
    works: false,
    reason,
    milliseconds: Number.NaN,
  });
  const missing = notInstalled(device);
  if (missing !== undefined) return failed(missing);
  const b = new GraphBuilder();
  const input = b.input('x', [size, size]);
  b.output('y', b.matMul(input, input));
  const x = Float32Array.from({ length: size * size }, (_, i) => (i % 7) - 3);
  let session: ort.InferenceSession | undefined;
  try {
    session = await createSession(encodeOnnx(b.build()), { device, flushDenormals });
    let milliseconds = Number.POSITIVE_INFINITY;
    let y = x;
    for (let repeat = 0; repeat < 3; repeat++) {
      const start = performance.now();
      const results = await session.run({ x: new ort.Tensor('float32', x, [size, size]) });
      milliseconds = Math.min(milliseconds, performance.now() - start);
      y = results.y?.data as Float32Array<ArrayBuffer>;
      if (milliseconds > hopelessMilliseconds) break;
    }
    for (let j = 0; j < size; j++) {
      let expected = 0;
      for (let l = 0; l < size; l++) expected += x[size + l]! * x[l * size + j]!;
      // All integers below 2²⁴: float32 has the product exactly, a device with fast tensor formats almost.
      if (!(Math.abs(y[size + j]! - expected) <= 0.5)) {
        return failed(`a matrix product came out wrong: ${y[size + j]} instead of ${expected}`);
      }
    }
    return { device, works: true, reason: '', milliseconds };
  } catch (error) {
    return failed((error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim());
  } finally {
    await session?.release();
  }
}

export interface DeviceChoice {
  readonly asked: DeviceName;
  readonly device: ResolvedDevice;
  /** One short sentence for the log. */
  readonly why: string;
  /** What `auto` passed over, each with its reason; empty for a device asked for by name. */
  readonly passedOver: readonly { readonly device: ResolvedDevice; readonly reason: string }[];
}

/**
 * Decides where networks run.
 * @throws {PlumeError} resources, when the device asked for does not work; the message says what does
 */
export async function resolveDevice(asked: DeviceName, options: DeviceOptions = {}): Promise<DeviceChoice> {
  if (asked !== 'auto') {
    const probe = await probeDevice(asked, options);
    if (probe.works) {
      return { asked, device: asked, why: 'asked for, and a test product ran on it', passedOver: [] };
    }
    const others = await Promise.all(
      candidates.filter((d) => d !== asked && d !== 'webgpu').map((d) => probeDevice(d, options)),
    );
    const working = others.filter(({ works }) => works).map(({ device }) => device);
    throw resourceError(
      `device "${asked}" does not work here: ${probe.reason}. Working: ${working.join(', ') || 'none'}. ` +
        `To use ${asked}: ${advice[asked]}; or choose --device ${working[0] ?? 'auto'}`,
    );
  }
  const passedOver: { device: ResolvedDevice; reason: string }[] = [];
  let slower = '';
  const cpu = await probeDevice('cpu', options);
  for (const device of candidates) {
    const probe = device === 'cpu' ? cpu : await probeUnasked(device, options);
    if (!probe.works) {
      passedOver.push({ device, reason: probe.reason });
    } else if (device === 'webgpu' && probe.milliseconds > softwareRatio * cpu.milliseconds) {
      // A software adapter (SwiftShader, llvmpipe) answers like a GPU, only slower than the CPU itself.
      const times = `${probe.milliseconds.toFixed(1)} against ${cpu.milliseconds.toFixed(1)} ms`;
      passedOver.push({ device, reason: `slower than cpu (${times} for a [${size}, ${size}] product)` });
      slower = '; webgpu is there but slower than the cpu';
    } else {
      return { asked, device, why: `best that works of ${candidates.join(', ')}${slower}`, passedOver };
    }
  }
  const reasons = passedOver.map(({ device, reason }) => `${device}: ${reason}`).join('; ');
  throw resourceError(`no device works here: ${reasons}; reinstall onnxruntime-node`);
}

/** Quiet where it is plain from the files that a try would be in vain. */
async function probeUnasked(device: ResolvedDevice, options: DeviceOptions): Promise<ProbeResult> {
  const reason = device === 'webgpu' ? missingVulkan() : undefined;
  return reason === undefined
    ? probeDevice(device, options)
    : { device, works: false, reason, milliseconds: Number.NaN };
}
