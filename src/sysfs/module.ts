/** Modules that come and go, below /sys/module. */
import { attribute, directory, type Attribute, type Directory } from '../fs/index.js';
import { type LoadedModule, type Modules } from '../kernel/index.js';
import { cString, parseSigned, type Linux, type UeventDevice } from '../rproc/index.js';
import { blindUevent } from './common.js';
import { place, unplace } from './place.js';

const identity = ({ name }: LoadedModule): UeventDevice => ({
  path: `/module/${name}`,
  subsystem: 'module',
  logPrefix: `module ${name}`,
  keys: () => ({}),
});

function moduleDirectory(linux: Linux, module: LoadedModule): Directory {
  const { parameters } = module;
  const files = [...parameters.keys()].map((name): [string, Attribute] => [
    name,
    attribute({
      mode: 0o644,
      show: () => `${parameters.get(name)}\n`,
      store: (bytes) => {
        parameters.set(name, parseSigned(cString(bytes)));
      },
    }),
  ]);
  return directory(0o755, {
    holders: directory(0o755),
    initstate: attribute({ mode: 0o444, show: () => 'live\n' }),
    parameters: directory(0o755, Object.fromEntries(files)),
    refcnt: attribute({ mode: 0o444, show: () => '0\n' }),
    uevent: blindUevent(linux, identity(module)),
  });
}

export function followModules(linux: Linux, root: Directory, modules: Modules): void {
  modules.subscribe(({ type, module }) => {
    const device = identity(module);
    if (type === 'loaded') place(root, device.path, moduleDirectory(linux, module));
    else unplace(root, device.path);
    linux.uevents.emit(type === 'loaded' ? 'add' : 'remove', device);
  });
}
