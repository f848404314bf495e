/** JUnit's XML, as CI systems read it: a suite of one case a script. */
import XmlBuilder from 'fast-xml-builder';
import type { Verdict } from './verdict.js';

const ATTRIBUTE = '@';
const TEXT = '#text';

const builder = new XmlBuilder({
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  ignoreAttributes: false,
  suppressBooleanAttributes: false,
});

/** Firmware writes what it likes; these characters XML cannot have in any spelling. */
const clean = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');

const attributes = (values: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [ATTRIBUTE + name, clean(String(value))]));

const seconds = (value: number): string => value.toFixed(3);

/** `interrupted`: those that have no verdict, and why. */
export function junitXml(
  verdicts: readonly Verdict[],
  interrupted: { scripts: readonly string[]; reason: string },
): string {
  const count = (result: Verdict['result']): number => verdicts.filter((one) => one.result === result).length;
  const suite = {
    ...attributes({
      name: 'mips-rprocfs test',
      tests: verdicts.length + interrupted.scripts.length,
      failures: count('failed'),
      errors: interrupted.scripts.length,
      skipped: count('skipped'),
      time: seconds(verdicts.reduce((sum, { duration }) => sum + duration, 0)),
    }),
    testcase: [
      ...verdicts.map(testCase),
      ...interrupted.scripts.map((script) => ({
        ...attributes({ name: script, classname: 'mips-rprocfs', time: seconds(0) }),
        error: attributes({ message: interrupted.reason }),
      })),
    ],
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ testsuites: { testsuite: suite } })}\n`;
}

function testCase(verdict: Verdict) {
  const { script, result, reason, duration, stdout, stderr } = verdict;
  const element = { ...attributes({ name: script, classname: 'mips-rprocfs', time: seconds(duration) }) };
  if (result === 'passed') return element;
  if (result === 'skipped') return { ...element, skipped: attributes({ message: reason }) };
  return {
    ...element,
    failure: { ...attributes({ message: reason, type: 'failure' }), [TEXT]: clean(reason) },
    'system-out': { [TEXT]: clean([stdout, ...evidence(verdict)].join('\n')) },
    'system-err': { [TEXT]: clean(stderr) },
  };
}

/** JUnit has no place of its own for what else there is. */
const evidence = ({ report }: Verdict): string[] =>
  report === undefined
    ? []
    : [
        '--- kernel log ---',
        ...report.log,
        ...report.traces.flatMap(({ device, name, file, firmware, text }) => [
          `--- ${file} of ${device} (${name}, ${firmware}) ---`,
          text,
        ]),
      ];
