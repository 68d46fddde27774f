/**
 * Forms with files, read as leniently as Telegram's own server reads them (tdlib/td `HttpReader.cpp`): clients send file
 * names unquoted, with blanks and quotes in them, which the parser of the web platform refuses.
 */
export type Part = { name: string; fileName?: string; type: string; bytes: Uint8Array };

/** The parts of a body; nothing when it is not such a form or ends too early. */
export function multipart(contentType: string, body: Uint8Array): Part[] | undefined {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  if (!boundary) return undefined;
  const data = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = `--${boundary[1] ?? boundary[2]}`;
  const parts: Part[] = [];
  let at = data.indexOf(delimiter);
  while (at >= 0) {
    at += delimiter.length;
    if (data.toString('latin1', at, at + 2) === '--') return parts;
    const headEnd = data.indexOf('\r\n\r\n', at);
    const next = data.indexOf(`\r\n${delimiter}`, Math.max(at, headEnd));
    if (headEnd < 0 || next < 0) return undefined;
    const part = headers(data.toString('utf8', at, headEnd));
    if (part.name === undefined) return undefined;
    parts.push({ ...part, name: part.name, bytes: data.subarray(headEnd + 4, next) });
    at = next + 2;
  }
  return undefined;
}

function headers(head: string): { name?: string; fileName?: string; type: string } {
  const lines = head.split('\r\n').map((line) => /^([^:]+):\s*(.*)$/.exec(line));
  const header = (name: string): string => lines.find((line) => line?.[1]?.toLowerCase() === name)?.[2] ?? '';
  const fields = new Map(
    header('content-disposition')
      .split(';')
      .map((field) => /^\s*([^=]+)=(.*)$/s.exec(field))
      .flatMap((field) => (field ? [[field[1]?.toLowerCase() ?? '', unquoted(field[2]?.trim() ?? '')]] : [])),
  );
  const name = fields.get('name');
  const fileName = fields.get('filename');
  return {
    ...(name !== undefined && { name }),
    ...(fileName !== undefined && { fileName }),
    type: header('content-type'),
  };
}

const unquoted = (value: string): string =>
  value.length > 1 && /^".*"$/s.test(value) ? value.slice(1, -1) : value;
