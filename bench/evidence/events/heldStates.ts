/** States of an archive that are kept once they were read: a few hundred small ones are asked for again and again. */
import { openArchive } from '../../../core/archive/open.js';
import type { Archive } from '../../../core/interfaces.js';
import type { Schema } from '../../../core/schema.js';
import { channelName } from '../../../core/schema.js';
import type { State } from '../../../core/state.js';

/** Of the schema's channels, in their order. */
export async function openHeldStates(path: string, { channels }: Schema): Promise<Archive> {
  const archive = await openArchive([path], { variables: channels.map(channelName) });
  const states = new Map<number, Promise<State>>();
  return {
    schema: archive.schema,
    times: archive.times,
    read(index) {
      const state = states.get(index) ?? archive.read(index);
      states.set(index, state);
      return state;
    },
    close: () => archive.close(),
  };
}
