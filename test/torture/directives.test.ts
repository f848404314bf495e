/** The directives of GCC's tests, as far as they are read. */
import fc from 'fast-check';
import t from 'tap';
import { scriptFlags, selected, tclLists, wishes, type Tcl } from './directives.js';

t.test('lists of Tcl', (t) => {
  t.same(tclLists('/* { dg-options "-fwrapv -O" { target { ! a } } } */'), [
    ['dg-options', '-fwrapv -O', ['target', ['!', 'a']]],
  ]);
  t.same(tclLists('{ a "" } text { b }'), [['a', ''], ['b']]);
  t.same(tclLists('} { never ends'), []);

  const word = fc.stringMatching(/^[a-z0-9*-]+$/);
  const { list } = fc.letrec<{ list: Tcl[]; item: Tcl }>((tie) => ({
    list: fc.array(tie('item'), { maxLength: 4 }),
    item: fc.oneof({ maxDepth: 3 }, word, tie('list')),
  }));
  const written = (item: Tcl): string => (typeof item === 'string' ? item : `{ ${item.map(written).join(' ')} }`);
  fc.assert(fc.property(list, (items) => t.same(tclLists(`/* ${written(items)} */`), [items])));
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(tclLists(text))));
  t.end();
});

t.test('selectors', (t) => {
  const chosen = (selector: string): boolean => selected(tclLists(`{ ${selector} }`)[0] ?? '', 'o32');
  t.ok(chosen('mips*-*-*'));
  t.notOk(chosen('i?86-*-* x86_64-*-*'));
  t.ok(chosen('i?86-*-* mips*-*-*'), 'one of them');
  t.ok(chosen('target { ! signal }'));
  t.notOk(chosen('target fpic'));
  t.notOk(chosen('{ mips*-*-* x86_64-*-* } && lp64'));
  t.ok(chosen('lp64 || { ilp32 && ! mmap }'));
  t.notOk(chosen('what_nobody_knows'));
  t.ok(selected('lp64', 'n64'));
  t.end();
});

t.test('wishes', (t) => {
  const wish = (text: string, ...flags: string[]) => wishes(`/* ${text} */\nint main() {}`, 'o32', flags);
  t.same(wish('{ dg-options "-fwrapv -fno-inline" }'), { flags: ['-fwrapv', '-fno-inline'] });
  t.same(wish('{ dg-additional-options "-mno-mmx" { target { x86_64-*-* } } }'), { flags: [] });
  t.same(wish('{ dg-additional-options "-DSIGNAL_SUPPRESS" { target { ! signal } } }'), {
    flags: ['-DSIGNAL_SUPPRESS'],
  });
  t.same(wish('{ dg-require-effective-target int128 }'), { flags: [], skip: 'needs int128' });
  t.same(wish('{ dg-require-effective-target int32plus }'), { flags: [] });
  t.same(wish('{ dg-skip-if "no stack" { mips*-*-* } }'), { flags: [], skip: 'no stack' });
  t.same(wish('{ dg-skip-if "slow" { *-*-* } "-O1" "" }', '-O2'), { flags: [] });
  t.same(wish('{ dg-skip-if "slow" { *-*-* } "-O1" "" }', '-O1'), { flags: [], skip: 'slow' });
  t.same(wish('{ dg-skip-if "slow" { *-*-* } { "*" } { "-O2" } }', '-O2'), { flags: [] });
  t.same(wish('{ dg-xfail-if "QEMU tells" { mips*-*-* } }'), { flags: [] });
  t.end();
});

t.test('scripts', (t) => {
  t.same(scriptFlags('lappend additional_flags "-fno-ivopts" "-fno-gcse"\nreturn 0\n'), ['-fno-ivopts', '-fno-gcse']);
  t.same(scriptFlags('set additional_flags -fno-builtin-abs\n'), ['-fno-builtin-abs']);
  t.same(scriptFlags('if { [x] } {\n    lappend additional_flags "-Wl,-u"\n}\n'), [], 'for another target');
  t.end();
});
