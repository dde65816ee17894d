/** The modules written at run time of late: kernels of one shape are made again and again, for one channel or lead after another. */
const recent = new Map<string, WebAssembly.Module>();
const most = 16;

/** @param key what the module depends on, all of it */
export function recentModule(key: string, make: () => WebAssembly.Module): WebAssembly.Module {
  const module = recent.get(key) ?? make();
  recent.delete(key);
  recent.set(key, module);
  const [oldest] = recent.keys();
  if (recent.size > most && oldest !== undefined) recent.delete(oldest);
  return module;
}
