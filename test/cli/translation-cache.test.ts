import { resolve } from 'node:path';
import t from 'tap';
import { cacheChoice, translationCache } from '../../src/cli/translation-cache.js';

t.test('where translations are kept', (t) => {
  const below = 'mips-rprocfs/translations';
  t.equal(translationCache(undefined, { XDG_CACHE_HOME: '/caches', HOME: '/home/a' }), `/caches/${below}`);
  t.equal(translationCache(undefined, { HOME: '/home/a' }), `/home/a/.cache/${below}`);
  t.equal(translationCache(undefined, { XDG_CACHE_HOME: 'relative', HOME: '/home/a' }), `/home/a/.cache/${below}`);
  t.equal(translationCache(undefined, { XDG_CACHE_HOME: '', HOME: '' }), undefined);
  t.equal(translationCache(undefined, {}), undefined);
  t.equal(translationCache('none', { HOME: '/home/a' }), undefined);
  t.equal(translationCache('/own', { HOME: '/home/a' }), '/own/translations');
  t.equal(cacheChoice('none'), 'none');
  t.equal(cacheChoice('own'), resolve('own'));
  t.end();
});
