/** Text as roff(7) takes it. */

/** One line of running text: nothing in it is a request, and a dash can be searched for. */
export const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');

const quoted = (text: string): string => `"${escaped(text).replaceAll('"', '\\(dq')}"`;

export const section = (title: string): string => `.SH ${quoted(title.toUpperCase())}`;
export const subsection = (title: string): string => `.SS ${quoted(title)}`;

/** What stands for something, `<file>` or `[root]`, in italics; the rest, what is typed as it is, bold. */
export const usage = (text: string): string =>
  text
    .split(/(<[^>]+>|\[[^\]]+\])/)
    .map((part, index) => {
      if (index % 2 === 0) return part.trim() === '' ? part : `\\fB${escaped(part)}\\fR`;
      const inside = `\\fI${escaped(part.slice(1, -1))}\\fR`;
      return part.startsWith('[') ? `[${inside}]` : inside;
    })
    .join('');

/** A term with what it means: a paragraph that is indented. */
export const item = (term: string, meaning: string): string[] => ['.TP', term, escaped(sentence(meaning))];

/** The definitions of the command line are written as commander prints them: without a capital, without a full stop. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?:]$/.test(capital) ? capital : `${capital}.`;
}

/** Paragraphs as they were written: lines that are indented stay lines. */
export function prose(text: string): string[] {
  const lines: string[] = [];
  let literal = false;
  let open = false;
  const end = (): void => {
    if (literal) lines.push('.EE', '.RE');
    literal = open = false;
  };
  for (const line of text.split('\n')) {
    const indented = line.startsWith(' ');
    if (line.trim() === '' || indented !== literal) end();
    if (line.trim() === '') continue;
    if (!open) lines.push(...(indented ? ['.PP', '.RS 4', '.EX'] : ['.PP']));
    literal = indented;
    open = true;
    lines.push(escaped(line.trim()));
  }
  end();
  return lines;
}
