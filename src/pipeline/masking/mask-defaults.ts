/** The value that replaces a secret. */
export const REDACTED_VALUE = '__REDACTED__';

/**
 * Matches e-mail addresses, for `masking.patterns`. They are not masked by default, since they are not
 * credentials.
 */
export const MASK_EMAIL: RegExp = /\b[\w.%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}\b/;

/**
 * Names of credentials that match anywhere in a name, as in `credentials.user`. Case, `_` and `-` are
 * ignored.
 */
export const SECRET_NAMES: readonly string[] = [
  'authorization',
  'proxyauthorization',
  'cookie',
  'cookies',
  'setcookie',
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'credential',
  'credentials',
  'apikey',
  'xapikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authtoken',
  'bearer',
  'bearertoken',
  'sessiontoken',
  'csrftoken',
  'xsrftoken',
  // Node's list of names and values in turn.
  'rawheaders',
];

/** Names of credentials that match only at the end of a name: `user.jwt`, but not `jwt.algorithm`. */
export const SECRET_LAST_NAMES: readonly string[] = ['jwt'];

/**
 * Endings that make any name a credential, such as `dbPassword`. Token counts and page cursors
 * (`inputToken`, `nextToken`) are excluded.
 */
export const SECRET_ENDING = new RegExp(
  `(?:${[
    '(?<!pre)authorizations?',
    'cookies?',
    'passw(?:or)?ds?',
    'pwds?',
    'passphrases?',
    'passcodes?',
    'secrets?',
    'credentials?',
    '(?:api|auth|access|account|secret|private|signing|signature|encryption|encrypt)keys?',
    '(?:master|shared|subscription)keys?',
    '(?:db|user|smtp|imap|mail|root|admin|ftp|ssh|redis|mysql|pg|postgres|mongo|ldap|login|http|proxy)pass',
    '(?<!per|first|last|next|prev|previous|page|input|output|prompt|completion|continuation)' +
      '(?<!cancellation|[bes]os|pad|stop)token',
    '(?:access|refresh|id|auth|bearer|session|csrf|xsrf|api|security|reset|invite|personal|service)tokens',
  ].join('|')})$`,
);

/**
 * Words that may follow a credential's name without changing its meaning: `passwordHash`,
 * `authorizationHeader`.
 */
export const NOISE_WORD = new RegExp(
  '^(?:[0-9]+|headers?|values?|hash|hashed|confirm|confirmation|confirmed|new|old|raw|plain|text|string|' +
    'base64|encoded)$',
);

/** Words before `pass` that make it harmless: `db_pass` is a password, `boarding_pass` is not. */
export const HARMLESS_PASS = new RegExp(
  '^(?:' +
    'first|second|third|last|boarding|by|render|single|multi|two|one|per|num|high|low|band|all|' +
    'season|day|week|ski|test|tests|check|checks|lint|must|did|will|to' +
    ')$',
);

/**
 * A pattern for the words in names of credentials: every such name contains at least one of them. A text
 * without these words needs no further search.
 */
export const SECRET_HINT = 'auth|cookie|pass|pwd|secret|credential|key|raw-?headers|token|jwt|bearer';

/**
 * Query parameters that give access, in addition to the names of credentials. These words are too common
 * elsewhere.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/ | url.query}
 */
export const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'awsaccesskeyid',
  'signature',
  'sig',
  'x-goog-signature',
  'x-goog-credential',
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-security-token',
  'key',
  'code',
  'code_verifier',
  'auth',
  'session',
  'sessionid',
  'session_id',
  'sid',
  'jsessionid',
  'phpsessid',
  'assertion',
  'client_assertion',
  'samlresponse',
  'otp',
]);

/** A pattern of secrets, with its replacement. */
export interface SecretShape {
  readonly pattern: RegExp;
  readonly replacement: string | ((match: string, ...groups: (string | undefined)[]) => string);
}

/** Patterns of secrets. No pattern visits the same text twice, so the time grows linearly with the text. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  { pattern: /\b(Bearer)\s{1,4}[\w+/.~=-]{6,}/gi, replacement: `$1 ${REDACTED_VALUE}` },
  {
    pattern: /\b([Bb]asic|BASIC)\s{1,4}(?=[A-Za-z]{0,64}(?:[\d+/=]|[a-z][A-Z]))[\w+/=-]{8,}/g,
    replacement: `$1 ${REDACTED_VALUE}`,
  },
  {
    // The first part is always consumed, even without the others, so that no second match begins inside it.
    pattern: /\beyJ[\w-]{8,}(\.[\w-]{8,}(?:\.[\w-]*)?)?/g,
    replacement: (match, rest) => (rest === undefined ? match : REDACTED_VALUE),
  },
  {
    pattern: new RegExp(
      String.raw`\b(?:[sr]k[-_](?=[A-Za-z_-]{0,64}\d)[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|` +
        String.raw`glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|` +
        String.raw`npm_\w{30,}|hf_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,})`,
      'g',
    ),
    replacement: REDACTED_VALUE,
  },
  {
    pattern: /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g,
    replacement: REDACTED_VALUE,
  },
];
