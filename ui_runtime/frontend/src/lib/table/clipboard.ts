/** Cells as spreadsheets exchange them: tabs between cells, line breaks between rows, quotes around both. */

export function toTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

function quoted(text: string): string {
  return /[\t\n\r]/.test(text) || text.startsWith('"') ? `"${text.replaceAll('"', '""')}"` : text;
}

export function fromTsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const cell = /"((?:[^"]|"")*)"(?=\t|\n|$)|([^\t\n]*)/y;
  for (let place = 0; place <= source.length; ) {
    cell.lastIndex = place;
    const [whole, inside, plain = ""] = cell.exec(source) ?? [""];
    rows.at(-1)!.push(inside === undefined ? plain : inside.replaceAll('""', '"'));
    place += whole.length;
    if (source[place] === "\n") rows.push([]);
    place++;
  }
  return rows;
}
