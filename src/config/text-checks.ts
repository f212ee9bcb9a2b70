import { leaf, record, type Check } from './schema.js';
import { reveal, Secret } from './secret.js';

const SCHEME = /^https?:\/\//i;
const SURROUNDED = /^\s|\s$|^["'`]|["'`]$/;

/** Checks an address, which must have a scheme: it decides between plaintext and TLS. */
export const url: Check = leaf({
  expected: 'an address that begins with http:// or https://',
  accepts: (value) => typeof value === 'string' && SCHEME.test(value) && isReadable(value),
  remedy: (value) => {
    if (typeof value !== 'string' || value === '') return 'Pass an address such as `http://localhost:4317`.';
    if (SURROUNDED.test(value)) return 'Remove the spaces or quotes around it.';
    if (SCHEME.test(value) && URL.canParse(value)) return 'Write `%` in user or password as `%25`.';
    if (SCHEME.test(value)) return 'Check the host and the port.';
    if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) return 'Other schemes are not supported.';
    const shown = withoutCredentials(value);
    return `Write \`http://${shown}\` for plaintext or \`https://${shown}\` for TLS.`;
  },
  show: (value) => (typeof value === 'string' ? withoutCredentials(value) : value),
});

function isReadable(address: string): boolean {
  try {
    const { username, password } = new URL(address);
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Returns an address without user info, query and fragment, which may contain credentials. */
export function withoutCredentials(address: string): string {
  return address
    .replace(/\/\/[^/?#]*@/, '//****@')
    .replace(/^[^/?#]*:[^/?#]*@/, '****@')
    .replace(/[?#].*$/s, '?****');
}

/**
 * Checks a header name that both HTTP and gRPC allow. Names that end in `-bin` are refused: gRPC uses them
 * for binary values.
 */
export const headerName: Check = leaf({
  expected: "a header name of letters, digits and !#$%&'*+-.^_`|~, not ending in `-bin`",
  accepts: (value) =>
    typeof value === 'string' && /^[!#$%&'*+\-.^_`|~\w]+$/.test(value) && !/-bin$/i.test(value),
  remedy: 'Rename the header.',
  // The rest of the text may be the header's value.
  show: (value) => (typeof value === 'string' ? value.replace(/[^!#$%&'*+\-.^_`|~\w].*$/s, '…') : value),
});

/**
 * Checks a header value or key: printable characters, without the spaces and quotes that are often copied
 * along.
 *
 * Accepts a `string` or a {@link Secret}; the value is never printed.
 */
export const credential: Check = leaf({
  expected: 'a non-empty text without spaces or quotes around it',
  accepts: (value) => isCredential(value) && credentialProblem(reveal(value)) === undefined,
  kind: isCredential,
  secret: true,
  remedy: (value) =>
    (isCredential(value) ? credentialProblem(reveal(value)) : undefined) ??
    'Pass a string or a Secret; is the variable set that it is read from?',
});

/** Checks headers. A user may pass all of them as one text by mistake; it is not printed. */
export const headers: Check = record(credential, headerName, true);

function isCredential(value: unknown): value is string | Secret {
  return typeof value === 'string' || value instanceof Secret;
}

function credentialProblem(value: string): string | undefined {
  if (value.trim() === '') return 'It is empty; is the variable set that it is read from?';
  if (SURROUNDED.test(value)) return 'Remove the spaces or quotes around it.';
  if (!/^[\x20-\x7e]*$/.test(value)) return 'Remove line breaks and characters that are not ASCII.';
  return undefined;
}
