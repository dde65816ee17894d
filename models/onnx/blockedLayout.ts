/**
 * ONNX Runtime's CPU provider convolves fastest in a layout of its own, channels in blocks of 8 (AVX2) or 16
 * (AVX-512): domain com.microsoft.nchwc. Its optimiser moves there only convolutions with constant weights; a
 * training step has weights as inputs, so the graph writes the blocked operators itself. The block size is the
 * processor's: asked of the runtime by letting it reorder 32 channels of two points and looking where they went.
 */
import onnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-node';

const { ModelProto } = onnxProto.onnx;
const channels = 32;

/** Channels per block, or 0 where this processor or build has no blocked layout. */
export async function convolutionBlock(): Promise<number> {
  known ??= measure();
  return known;
}

let known: Promise<number> | undefined;

async function measure(): Promise<number> {
  const described = (name: string) => ({
    name,
    type: {
      tensorType: { elemType: 1, shape: { dim: [1, channels, 1, 2].map((dimValue) => ({ dimValue })) } },
    },
  });
  const model = ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: '', version: 20 },
      { domain: 'com.microsoft.nchwc', version: 1 },
    ],
    graph: {
      name: 'block',
      node: [{ opType: 'ReorderInput', domain: 'com.microsoft.nchwc', input: ['x'], output: ['y'] }],
      input: [described('x')],
      output: [described('y')],
    },
  }).finish();
  try {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
    // x[channel, point] = channel for the first point, −1 for the second: a run of 0, 1, … is one block.
    const x = Float32Array.from({ length: channels * 2 }, (_, i) => (i % 2 === 0 ? i / 2 : -1));
    const { y } = await session.run({ x: new ort.Tensor('float32', x, [1, channels, 1, 2]) });
    await session.release();
    if (y === undefined) return 0;
    const run = (y.data as Float32Array).findIndex((value, i) => value !== i);
    return run === 8 || run === 16 ? run : 0;
  } catch {
    return 0;
  }
}
