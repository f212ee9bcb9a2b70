/** The value that stands in the place of a secret. */
export const REDACTED_VALUE = '__REDACTED__';

/**
 * E-mail addresses, for `masking.patterns`: they are not secret by themselves, so that
 * nothing masks them by default.
 */
export const MASK_EMAIL: RegExp = /\b[\w.%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}\b/;

/** Credentials wherever they stand in a name, as in `credentials.user`, without case, `_` and `-`. */
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
  // Names and values by turns, as Node has them.
  'rawheaders',
];

/** A credential only at the end of a name: `user.jwt`, and not `jwt.algorithm`. */
export const SECRET_LAST_NAMES: readonly string[] = ['jwt'];

/**
 * Endings that make a credential of any name, such as `dbPassword`; token counts and page cursors
 * (`inputToken`, `nextToken`) are left out.
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

/** Words after a credential's name that do not change it: `passwordHash`, `authorizationHeader`. */
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

/** A text without any of these, in any case, names no credential: one cheap look at most texts. */
export const SECRET_HINT = 'auth|cookie|pass|pwd|secret|credential|key|raw-?headers|token|jwt|bearer';

/**
 * Query parameters whose values give access, beside the names of credentials; too common
 * a word for other places.
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

/** A shape of secrets, with what it becomes. */
export interface SecretShape {
  readonly pattern: RegExp;
  readonly replacement: string | ((match: string, ...groups: (string | undefined)[]) => string);
}

/** No pattern looks at the same text twice, so that no text takes more than linear time. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  { pattern: /\b(Bearer)\s{1,4}[\w+/.~=-]{6,}/gi, replacement: `$1 ${REDACTED_VALUE}` },
  {
    pattern: /\b([Bb]asic|BASIC)\s{1,4}(?=[A-Za-z]{0,64}(?:[\d+/=]|[a-z][A-Z]))[\w+/=-]{8,}/g,
    replacement: `$1 ${REDACTED_VALUE}`,
  },
  {
    // The first part is taken whole, whether the others follow or not: what begins
    // inside it ends where it does.
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
