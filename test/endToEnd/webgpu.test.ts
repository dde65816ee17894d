/**
 * A forecast on WebGPU through the command line, on SwiftShader where Debian's chromium has brought it (a software
 * driver: the real code path, slowly). Agreement with the CPU is measured at every lead as the largest difference of
 * any member at any point over the standard deviation of the archive's anomalies from its climate (about 600 Pa).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../core/store/run.js';
import { readModel } from '../../models/bayesian/modelDirectory.js';
import { missingVulkan } from '../../models/onnx/vulkan.js';
import { plume, succeed } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const env = { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver };
const missing = existsSync(driver) ? missingVulkan(env) : `${driver} is not there: apt install chromium`;

/** [lead] → the values of all members from all starts. */
async function values(out: string): Promise<Float32Array[]> {
  const run = await openRun(out);
  const found: Float32Array[] = [];
  for (const lead of run.leadsHours) {
    const fields: number[] = [];
    for (const start of run.starts) fields.push(...(await run.readMembers(start, lead, 0)).values);
    found.push(Float32Array.from(fields));
  }
  await run.close();
  return found;
}

describe(`--device webgpu (${missing === undefined ? 'on SwiftShader' : `skipped: ${missing}`})`, () => {
  it.skipIf(missing !== undefined)(
    'agrees with the CPU to 1e-3 of the standard deviation of anomalies',
    async () => {
      const flags = { starts: '2004-02-01', members: '2x2', lead: 'P3D', workers: '1' };
      const [cpu, webgpu] = [join(directory, 'cpu'), join(directory, 'webgpu')];
      await succeed(forecastArguments(cpu, { ...flags, device: 'cpu' }));
      const { stderr } = await succeed(forecastArguments(webgpu, { ...flags, device: 'webgpu' }), { env });
      expect(stderr).toMatch(/^device {5}webgpu: asked for, and a test product ran on it$/m);
      const run = await openRun(webgpu);
      await run.close();
      expect(run.manifest.device).toBe('webgpu');
      const { cycle } = await readModel(shared().model);
      const scale = cycle.scale[0]!;
      expect(scale).toBeGreaterThan(300);
      const [expected, found] = [await values(cpu), await values(webgpu)];
      expected.forEach((field, lead) => {
        const largest = Math.max(...field.map((value, i) => Math.abs(value - found[lead]![i]!)));
        expect(largest / scale, `lead ${lead + 1} d`).toBeLessThan(1e-3);
      });
      // a run belongs to its device
      const { code, stderr: refusal } = await plume(forecastArguments(webgpu, { ...flags, device: 'cpu' }));
      expect(code).toBe(64);
      expect(refusal).toMatch(/belongs to another configuration: .*device/);
    },
  );

  it.skipIf(missing !== undefined)(
    'is passed over by auto, because software is slower than the CPU',
    async () => {
      const flags = { starts: '2004-02-01', members: '1x2', lead: 'P1D', device: 'auto' };
      const { stdout, stderr } = await succeed(
        [...forecastArguments(join(directory, 'auto'), flags), '--json'],
        { env },
      );
      const { device } = JSON.parse(stdout);
      // where a real GPU is found first, SwiftShader is not asked
      if (device.device !== 'cpu') return;
      expect(device.why).toBe(
        'best that works of cuda, coreml, dml, webgpu, cpu; webgpu is there but slower than the cpu',
      );
      expect(stderr).toContain(`device     cpu: ${device.why}\n`);
    },
  );

  it('asked for where there is no driver is refused in plain words (69), and auto stays quiet', async () => {
    const none = { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' };
    const out = join(directory, 'none');
    const asked = await plume(forecastArguments(out, { device: 'webgpu' }), { env: none });
    expect(asked.code).toBe(69);
    expect(asked.stderr).toMatch(
      /plume: device "webgpu" does not work here: .*Working: cpu.*install a Vulkan/,
    );
    expect(asked.stderr).not.toContain('.cc:');
    expect(existsSync(out)).toBe(false);
    const auto = await succeed(forecastArguments(out, { device: 'auto' }), { env: none });
    expect(auto.stderr).not.toMatch(/vulkan|dawn/i);
  });
});
