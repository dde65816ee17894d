/** Devices: what works is found by running, what does not is refused by name; sessions and encoded models. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { createOnnxExecutor } from '../../models/graph/onnxExecutor.js';
import { encodeOnnx } from '../../models/graph/onnxModel.js';
import { convolutionBlock } from '../../models/onnx/blockedLayout.js';
import { parseDeviceName, probeDevice, resolveDevice } from '../../models/onnx/devices.js';
import { createSession } from '../../models/onnx/session.js';

const absent = (['coreml', 'dml', 'cuda'] as const).filter(
  (device) => !ort.listSupportedBackends().some(({ name, bundled }) => name === device && bundled),
);

describe('devices', () => {
  it('finds the CPU working', async () => {
    const probe = await probeDevice('cpu');
    expect(probe).toMatchObject({ device: 'cpu', works: true, reason: '' });
    expect(probe.milliseconds).toBeGreaterThan(0);
  });

  it('resolves a device asked for to itself', async () => {
    expect(await resolveDevice('cpu')).toMatchObject({ asked: 'cpu', device: 'cpu' });
  });

  it('resolves auto to one that works and says why', async () => {
    const choice = await resolveDevice('auto');
    expect((await probeDevice(choice.device)).works).toBe(true);
    expect(choice.why).toMatch(/^best that works of cuda, coreml, dml, webgpu, cpu/);
  });

  it.each(absent)('refuses %s where it is missing, says what works and what to do', async (device) => {
    const error: unknown = await resolveDevice(device).catch((reason: unknown) => reason);
    expect(isPlumeError(error) && error.tag).toBe('resources');
    expect(String(error)).toMatch(new RegExp(`device "${device}" does not work here: .+ Working: .*cpu`));
    expect(String(error)).toContain('--device cpu');
  });

  it('refuses an unknown name with the known ones', () => {
    expect(() => parseDeviceName('gpu')).toThrow(
      'device "gpu": no such device; expected one of auto, cpu, webgpu, cuda, tensorrt, coreml, dml',
    );
    expect(parseDeviceName('webgpu')).toBe('webgpu');
  });
});

describe('sessions', () => {
  const build = () => {
    const b = new GraphBuilder();
    const x = b.input('state', [2, 2]);
    b.output('next', b.add(x, b.scalar(1)));
    b.output('same', x);
    return b.build();
  };

  it('keep the names of inputs and outputs, an input as an output included', async () => {
    const session = await createSession(encodeOnnx(build()), { device: 'cpu' });
    expect([session.inputNames, session.outputNames]).toEqual([['state'], ['next', 'same']]);
    await session.release();
  });

  it('take a result back as the next input', async () => {
    const executor = await createOnnxExecutor(build(), { device: 'cpu' });
    let state: Float32Array | ort.Tensor = Float32Array.of(0, 1, 2, 3);
    for (let step = 0; step < 3; step++) state = (await executor.run({ state })).next!;
    expect((state as ort.Tensor).data).toEqual(Float32Array.of(3, 4, 5, 6));
    expect(Object.keys(await executor.run({ state }, ['same']))).toEqual(['same']);
    await executor.release();
  });

  it('name the input that is missing, unknown or of another length', async () => {
    const executor = await createOnnxExecutor(build(), { device: 'cpu' });
    const state = new Float32Array(4);
    await expect(executor.run({})).rejects.toThrow('graph input "state" of shape [2,2] was not given');
    await expect(executor.run({ state: new Float32Array(3) })).rejects.toThrow('3 numbers given');
    await expect(executor.run({ state, other: state })).rejects.toThrow(
      '"other": the graph has no such input',
    );
    await executor.release();
  });

  it('say which device refused a broken model', async () => {
    const error: unknown = await createSession(Uint8Array.of(1, 2, 3), { device: 'cpu' }).catch(
      (e: unknown) => e,
    );
    expect(isPlumeError(error) && error.tag).toBe('resources');
    expect(String(error)).toContain('device "cpu" refused a model');
  });

  it('know the block of the convolution layout of this processor', async () => {
    expect([0, 8, 16]).toContain(await convolutionBlock());
  });
});
