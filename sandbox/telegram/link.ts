/**
 * A link as Telegram keeps it (normalised, `http://` put in front where no protocol is given), or why it refuses it.
 * Note that a host without a dot is refused, `localhost` among them (tdlib/td `LinkManager.cpp`).
 */
export function checkedUrl(link: string): { href: string } | { refused: string } {
  const protocol = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(link)?.[1]?.toLowerCase();
  if (protocol === 'tg' || protocol === 'ton' || protocol === 'tonsite') {
    const refused = { refused: `Wrong ${protocol} URL` };
    if (!URL.canParse(link)) return refused;
    const { port, username } = new URL(link);
    return port === '' && username === '' ? { href: protocol + link.slice(protocol.length) } : refused;
  }
  if (protocol !== undefined && protocol !== 'http' && protocol !== 'https') {
    return { refused: 'Unsupported URL protocol' };
  }
  const whole = protocol === undefined ? `http://${link}` : link;
  if (!URL.canParse(whole)) return { refused: 'Wrong HTTP URL' };
  const url = new URL(whole);
  if (!url.hostname.includes('.') && !url.hostname.startsWith('[')) return { refused: 'Wrong HTTP URL' };
  return { href: url.href };
}
