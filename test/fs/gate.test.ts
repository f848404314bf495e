import t from 'tap';
import { Gate } from '../../src/fs/direct/gate.js';

t.test('what comes to a closed gate goes through in order, when everyone who closed it has opened it', (t) => {
  const gate = new Gate();
  const sent: number[] = [];
  const send = (number: number) => gate.pass(() => sent.push(number));
  send(1);
  const first = gate.close();
  const second = gate.close();
  send(2);
  send(3);
  first();
  first();
  t.strictSame(sent, [1], 'one opens only what it closed');
  second();
  t.strictSame(sent, [1, 2, 3]);
  send(4);
  t.strictSame(sent, [1, 2, 3, 4]);
  t.end();
});
